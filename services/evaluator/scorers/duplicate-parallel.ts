import { canonicalJson } from '#shared/content-hash.ts';
import { isRecord } from './json.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';

interface Comparable {
  readonly pointer: string;
  readonly identity: string;
}

function identityOf(name: string, input: unknown): string {
  return `${name}\u0000${typeof input === 'string' ? input : canonicalJson(input ?? null)}`;
}

function findDuplicate(calls: readonly Comparable[]): readonly Comparable[] | null {
  for (const same of Map.groupBy(calls, ({ identity }) => identity).values()) if (same.length > 1) return same;
  return null;
}

function score({ delivered, raw }: ScoringSubject): ScorerResult {
  const calls = delivered?.toolCalls ?? [];
  if (calls.length < 2) return NOT_APPLICABLE;
  const same = findDuplicate(calls.map(({ pointer, name, given }) => ({ pointer, identity: identityOf(name, given) })));
  if (same === null) return PASSED;
  const sent = raw?.toolCalls.map(({ name, argumentsText: text, parsed }) => {
    return { pointer: '/upstreamRaw', identity: identityOf(name, isRecord(parsed) ? parsed : text) };
  });
  return {
    outcome: 'fail',
    owner: sent !== undefined && findDuplicate(sent) === null ? 'gateway' : 'provider',
    severity: 'warning',
    evidence: same.slice(0, 2).map(({ pointer }) => ({ pointer })),
    expectedVsActual: `different calls -> same call ${same.length >= 3 ? '3+' : same.length} times`,
    detail: 'one message calls the same tool twice with the same arguments',
  };
}

export const duplicateParallel: Scorer = {
  id: 'duplicate_parallel',
  version: '1',
  metric: 'toolUse',
  pass: 'call',
  owner: 'provider',
  severity: 'warning',
  definition: 'No two tool calls of one message are the same in name and arguments.',
  score,
};
