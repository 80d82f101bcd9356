import { describe, expect, it } from 'vitest';
import { ARGS_MALFORMED_JSON_CASES } from './cases/args-malformed-json-cases.ts';
import { CALL_CASES } from './cases/call-cases.ts';
import { CODE_CASES } from './cases/code-cases.ts';
import { FAILING_CALL_REPEATED_CASES } from './cases/failing-call-repeated-cases.ts';
import { LOSS_CASES } from './cases/loss-cases.ts';
import { MISSING_REQUIRED_CASES } from './cases/missing-required-cases.ts';
import { PARALLEL_COLLAPSED_CASES } from './cases/parallel-collapsed-cases.ts';
import type { ScorerCase } from './cases/scorer-case.ts';
import { SEQUENCE_CASES } from './cases/sequence-cases.ts';
import { STOP_REASON_INCONSISTENT_CASES } from './cases/stop-reason-inconsistent-cases.ts';
import { TOOL_RESULT_ERROR_CASES } from './cases/tool-result-error-cases.ts';
import { UNKNOWN_TOOL_CASES } from './cases/unknown-tool-cases.ts';
import { SCORERS } from './registry.ts';
import type { Scorer } from './scorer.ts';
import { createScoringSubject } from './scoring-subject.ts';

const CASES: Readonly<Record<string, readonly ScorerCase[]>> = {
  args_malformed_json: ARGS_MALFORMED_JSON_CASES,
  failing_call_repeated: FAILING_CALL_REPEATED_CASES,
  missing_required: MISSING_REQUIRED_CASES,
  parallel_collapsed: PARALLEL_COLLAPSED_CASES,
  stop_reason_inconsistent: STOP_REASON_INCONSISTENT_CASES,
  tool_result_error: TOOL_RESULT_ERROR_CASES,
  unknown_tool: UNKNOWN_TOOL_CASES,
  ...CALL_CASES,
  ...SEQUENCE_CASES,
  ...CODE_CASES,
  ...LOSS_CASES,
};

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const member of Object.values(value)) freeze(member);
}

function run(scorer: Scorer, scorerCase: ScorerCase) {
  const next = scorerCase.next === undefined ? null : { request: scorerCase.next };
  return scorer.score(createScoringSubject(scorerCase.content, next));
}

it('has cases for every scorer of the registry and for no other', () => {
  expect(Object.keys(CASES).sort()).toEqual(SCORERS.map((scorer) => scorer.id).sort());
});

describe.each(SCORERS.map((scorer) => ({ id: scorer.id, scorer })))('$id', ({ id, scorer }) => {
  const cases = CASES[id] ?? [];

  it('has at least five failures, five passes and two cases that do not apply', () => {
    const count = (outcome: string) => cases.filter((scorerCase) => scorerCase.outcome === outcome).length;
    expect(count('fail')).toBeGreaterThanOrEqual(5);
    expect(count('pass')).toBeGreaterThanOrEqual(5);
    expect(count('not_applicable')).toBeGreaterThanOrEqual(2);
    expect(new Set(cases.map((scorerCase) => scorerCase.name)).size).toBe(cases.length);
  });

  it.each(cases.map((scorerCase) => [scorerCase.name, scorerCase] as const))('judges: %s', (_name, scorerCase) => {
    const { outcome, owner, severity, expectedVsActual } = run(scorer, scorerCase);
    expect(outcome).toBe(scorerCase.outcome);
    if (scorerCase.owner !== undefined) expect(owner).toBe(scorerCase.owner);
    if (scorerCase.severity !== undefined) expect(severity).toBe(scorerCase.severity);
    if (scorerCase.expectedVsActual !== undefined) expect(expectedVsActual).toBe(scorerCase.expectedVsActual);
  });

  it('says of every failure whose it is, how bad, where, and what was expected, in ASCII', () => {
    for (const scorerCase of cases.filter((candidate) => candidate.outcome === 'fail')) {
      const result = run(scorer, scorerCase);
      expect(result.owner, scorerCase.name).toBeDefined();
      expect(result.severity, scorerCase.name).toBeDefined();
      expect(result.evidence.length, scorerCase.name).toBeGreaterThan(0);
      expect(result.expectedVsActual, scorerCase.name).toMatch(/^[\x20-\x7e]+ -> [\x20-\x7e]+$/);
      expect(result.detail, scorerCase.name).toMatch(/\S/);
    }
  });

  it('is pure: it changes nothing and says the same twice', () => {
    for (const scorerCase of cases) {
      freeze(scorerCase.content);
      freeze(scorerCase.next);
      expect(run(scorer, scorerCase)).toEqual(run(scorer, scorerCase));
    }
  });

  it('never throws on hostile shapes', () => {
    const shapes = [null, 5, 'x', [], [null], [5], { role: 'assistant', content: 7 }, { tool_calls: 1 }];
    for (const shape of shapes) {
      const subject = createScoringSubject(
        {
          call: { status: 'ok', upstreamFormat: null, losses: [] },
          request: { messages: shape, tools: shape },
          response: {
            content: [shape, { type: 'tool_use', id: shape, name: shape, input: shape }],
            stop_reason: shape,
          },
          upstreamRaw: JSON.stringify({ choices: [shape], content: shape }),
        },
        { request: { messages: [shape] } },
      );
      expect(['pass', 'fail', 'not_applicable', 'unknown']).toContain(scorer.score(subject).outcome);
    }
  });
});
