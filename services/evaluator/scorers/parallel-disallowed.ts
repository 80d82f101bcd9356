import { isRecord } from './json.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';
import { readUpstreamChoice } from './upstream-choice.ts';

function score(subject: ScoringSubject): ScorerResult {
  const choice = subject.request?.['tool_choice'];
  if (!isRecord(choice) || choice['disable_parallel_tool_use'] !== true) return NOT_APPLICABLE;
  const calls = subject.delivered?.toolCalls ?? [];
  if (calls.length === 0) return NOT_APPLICABLE;
  if (calls.length === 1) return PASSED;
  const sent = subject.raw?.toolCalls.length ?? calls.length;
  const isToldUpstream = subject.part(readUpstreamChoice)?.forbidsParallel ?? true;
  return {
    outcome: 'fail',
    // Nobody can keep a rule that was not handed on.
    owner: sent <= 1 || !isToldUpstream ? 'gateway' : 'provider',
    severity: 'error',
    evidence: [{ pointer: '/request/tool_choice' }, ...calls.slice(0, 2).map(({ pointer }) => ({ pointer }))],
    expectedVsActual: `calls at most 1 -> ${calls.length >= 3 ? '3+' : calls.length}`,
    detail: isToldUpstream
      ? 'several tool calls came although the request allows one at a time'
      : 'several tool calls came because the upstream was not told that one at a time is allowed',
  };
}

export const parallelDisallowed: Scorer = {
  id: 'parallel_disallowed',
  version: '1',
  metric: 'toolUse',
  pass: 'call',
  owner: 'provider',
  severity: 'error',
  definition: 'Where the request disables parallel tool use, a message has at most one tool call.',
  score,
};
