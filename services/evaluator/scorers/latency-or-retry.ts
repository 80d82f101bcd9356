import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';

/** Objective for the first chunk of an answer. Reasoning models think for a while; beyond this, people give up. */
const FIRST_CHUNK_MAX_MS = 30_000;

function failure(pointer: string, quote: string, expectedVsActual: string, detail: string): ScorerResult {
  return {
    outcome: 'fail',
    owner: 'gateway',
    severity: 'warning',
    evidence: [{ pointer, quote }],
    expectedVsActual,
    detail,
  };
}

function score({ call }: ScoringSubject): ScorerResult {
  const attempts = call.attempts ?? [];
  const firstChunkMs = call.timeToFirstChunkMs ?? null;
  if (attempts.length === 0 && firstChunkMs === null) return NOT_APPLICABLE;
  const [first] = attempts;
  const last = attempts.at(-1);
  if (first !== undefined && last !== undefined && attempts.length > 1) {
    const isFailover = attempts.some(({ provider, model }) => provider !== first.provider || model !== first.model);
    const kind = isFailover ? 'failover' : 'retry';
    const count = attempts.length > 2 ? '3+' : '2';
    const detail = `the answer took a ${kind} after ${first.outcome.replaceAll('_', ' ')}`;
    return failure('/call/attempts', first.outcome, `attempts 1 -> ${count} by ${kind}`, detail);
  }
  if (firstChunkMs !== null && firstChunkMs > FIRST_CHUNK_MAX_MS) {
    const detail = 'the first chunk of the answer came later than the objective allows';
    return failure(
      '/call/timeToFirstChunkMs',
      `${Math.round(firstChunkMs)} ms`,
      'first chunk in 30 s -> later',
      detail,
    );
  }
  return PASSED;
}

export const latencyOrRetry: Scorer = {
  id: 'latency_or_retry',
  version: '1',
  metric: 'fidelity',
  pass: 'call',
  owner: 'gateway',
  severity: 'warning',
  definition: 'The answer came from the first upstream that was asked, at the first try, and began in time.',
  score,
};
