import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { failed, quoted } from './failure.ts';
import { blocksOf, readLatestExchange } from './latest-exchange.ts';

/** An id that was cut keeps at least so much of itself. */
const KEPT_CHARACTERS_MIN = 12;

/** Ids are made by upstreams, and rewritten by those between: case, separators and prefixes are what gets lost. */
function bareId(id: string): string {
  return id
    .toLowerCase()
    .replace(/^(?:(?:toolu|tooluse|call|fc|chatcmpl-tool|functions)[_.:-]?)+/, '')
    .replace(/[^a-z0-9]/g, '');
}

/** True for two writings of one id: what only a translation makes of it. */
function isMangled(id: string, known: readonly string[]): boolean {
  const bare = bareId(id);
  return known.some((candidate) => {
    const other = bareId(candidate);
    const shared = Math.min(bare.length, other.length);
    if (bare === other) return bare !== '';
    return shared >= KEPT_CHARACTERS_MIN && (bare.startsWith(other) || other.startsWith(bare));
  });
}

function score(subject: ScoringSubject): ScorerResult {
  const exchange = subject.part(readLatestExchange);
  if (exchange === null) return NOT_APPLICABLE;
  const results = blocksOf(exchange.user, 'tool_result');
  if (results.length === 0) return NOT_APPLICABLE;
  if (exchange.assistant.length === 0) return unknown('the turn with the calls is not in the request');
  const called = blocksOf(exchange.assistant, 'tool_use').map(({ block }) => String(block['id'] ?? ''));
  const strangers = results.filter(({ block }) => !called.includes(String(block['tool_use_id'] ?? '')));
  const [first] = strangers;
  if (first === undefined) return PASSED;
  const mangled = isMangled(String(first.block['tool_use_id'] ?? ''), called);
  return failed(
    { owner: mangled ? 'gateway' : 'client', severity: 'fatal' },
    {
      expectedVsActual: mangled ? 'id of a call -> the same id written otherwise' : 'id of a call -> unknown id',
      detail: 'a tool result refers to no call of the turn before it',
    },
    strangers.map(({ pointer, block }) => quoted(`${pointer}/tool_use_id`, String(block['tool_use_id'] ?? ''))),
  );
}

export const idMismatch: Scorer = {
  id: 'id_mismatch',
  version: '1',
  metric: 'fidelity',
  pass: 'call',
  owner: 'client',
  severity: 'fatal',
  definition: "Every tool result of the newest turn refers by its id to a call of the assistant's turn before it.",
  score,
};
