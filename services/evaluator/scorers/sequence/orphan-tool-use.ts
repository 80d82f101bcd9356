import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { failed, quoted } from './failure.ts';
import { blocksOf, readLatestExchange } from './latest-exchange.ts';

function score(subject: ScoringSubject): ScorerResult {
  const exchange = subject.part(readLatestExchange);
  if (exchange === null || exchange.user.length === 0) return NOT_APPLICABLE;
  const calls = blocksOf(exchange.assistant, 'tool_use');
  if (calls.length === 0) return NOT_APPLICABLE;
  const answered = new Map<string, number>();
  for (const { block } of blocksOf(exchange.user, 'tool_result')) {
    const id = String(block['tool_use_id'] ?? '');
    answered.set(id, (answered.get(id) ?? 0) + 1);
  }
  const ids = new Set(calls.map(({ block }) => String(block['id'] ?? '')));
  // A result under a wrong id is there all the same, and is a fault of its own.
  const strangers = [...answered].reduce((sum, [id, count]) => sum + (ids.has(id) ? 0 : count), 0);
  const orphans = calls.filter(({ block }) => !answered.has(String(block['id'] ?? ''))).slice(strangers);
  if (orphans.length === 0) return PASSED;
  return failed(
    { owner: 'client', severity: 'error' },
    {
      expectedVsActual: orphans.length === calls.length ? 'results of calls -> none' : 'results of calls -> fewer',
      detail: 'a tool call has no result in the turn that follows it',
    },
    orphans.map(({ pointer, block }) => quoted(pointer, String(block['name'] ?? ''))),
  );
}

export const orphanToolUse: Scorer = {
  id: 'orphan_tool_use',
  version: '1',
  metric: 'fidelity',
  pass: 'call',
  owner: 'client',
  severity: 'error',
  definition: "Every call of the assistant's last turn has a result in the turn of the user that follows.",
  score,
};
