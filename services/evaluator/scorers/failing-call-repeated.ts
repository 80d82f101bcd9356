import { canonicalJson } from '#shared/content-hash.ts';
import type { Severity } from '#shared/domain/score.ts';
import { classifyToolResult } from './classify-tool-result.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';

/** How often the same call stands in a row with an error each time, this one included. */
const SEVERITY_OF_REPEATS: readonly (readonly [number, Severity])[] = [
  [4, 'fatal'],
  [3, 'error'],
  [2, 'warning'],
];

function identityOf(call: { readonly name: string; readonly input: unknown }): string {
  return `${call.name}\u0000${canonicalJson(call.input ?? null)}`;
}

function score(subject: ScoringSubject): ScorerResult {
  const calls = subject.delivered?.toolCalls ?? [];
  if (calls.length === 0) return NOT_APPLICABLE;
  if (subject.previousToolCalls === null) return unknown('the conversation before this call was not captured');
  const failures = new Map<string, number>();
  for (const previous of subject.previousToolCalls) {
    if (previous.result === null) continue;
    const identity = identityOf(previous);
    const failed = classifyToolResult(previous.result) !== 'ok';
    // A success in between makes the next failure a first one.
    failures.set(identity, failed ? (failures.get(identity) ?? 0) + 1 : 0);
  }
  const worst = calls
    .map((call) => ({ call, repeats: 1 + (failures.get(identityOf(call)) ?? 0) }))
    .sort((left, right) => right.repeats - left.repeats)[0];
  const severity = SEVERITY_OF_REPEATS.find(([least]) => (worst?.repeats ?? 0) >= least)?.[1];
  if (worst === undefined || severity === undefined) return PASSED;
  return {
    outcome: 'fail',
    owner: 'provider',
    severity,
    evidence: [{ pointer: worst.call.pointer }],
    expectedVsActual: `changed call after error -> same call ${worst.repeats >= 4 ? '4+' : worst.repeats} times`,
    detail: 'a tool call is repeated unchanged after its error',
  };
}

export const failingCallRepeated: Scorer = {
  id: 'failing_call_repeated',
  version: '1',
  metric: 'toolUse',
  pass: 'call',
  owner: 'provider',
  severity: 'warning',
  definition: 'A tool call that returned an error is not repeated with the same arguments.',
  score,
};
