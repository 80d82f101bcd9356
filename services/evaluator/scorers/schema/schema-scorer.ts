import type { Severity } from '#shared/domain/score.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { type CheckedCalls, checkCalls } from './checked-calls.ts';
import { plainIdentifier, type Violation, type ViolationKind } from './violation.ts';

const QUOTE_CHARACTERS_MAX = 200;

/** A scorer of one kind of disagreement between arguments and schema. */
export function createSchemaScorer(kind: ViolationKind, version: string, definition: string): Scorer {
  return {
    id: kind,
    version,
    metric: 'toolUse',
    pass: 'call',
    owner: 'provider',
    severity: 'error',
    definition,
    score: (subject) => score(kind, subject),
  };
}

function score(kind: ViolationKind, subject: ScoringSubject): ScorerResult {
  const calls = subject.delivered?.toolCalls ?? [];
  if (calls.length === 0) return NOT_APPLICABLE;
  const checked = subject.part(checkCalls);
  if (checked === null) return unknown('the request does not say which tools there were');
  const failure = deliveredFailure(kind, checked) ?? mendedFailure(kind, checked);
  if (failure !== null) return failure;
  if (checked.hasUnreadable) {
    // Said once and not by every kind: what is wrong with such arguments is a check of its own.
    if (kind === 'missing_required') return unknown('arguments that are no JSON object have no properties');
    if (checked.delivered.length === 0) return NOT_APPLICABLE;
  }
  // What was left out of the schema can hide a constraint only: names and types stand in every schema alike.
  if (kind === 'constraint_violation' && checked.delivered.some(({ isComplete }) => !isComplete)) {
    return unknown('a part of the schema cannot be checked', 'warning');
  }
  return PASSED;
}

function deliveredFailure(kind: ViolationKind, { delivered }: CheckedCalls): ScorerResult | null {
  const found = delivered.flatMap((each) =>
    each.violations.filter((violation) => violation.kind === kind).map((violation) => ({ ...each, violation })),
  );
  // What the schema forbids weighs more than what it leaves open.
  const first = found.find(({ violation }) => violation.isDoubtful !== true) ?? found[0];
  if (first === undefined) return null;
  const { call, violation, raw, toolName } = first;
  const isOfUpstream = raw === null || raw.some((other) => other.kind === kind && other.path === violation.path);
  const severity = violation.isDoubtful === true ? 'warning' : 'error';
  return failure(isOfUpstream ? 'provider' : 'gateway', severity, toolName, violation, {
    pointer: `${call.pointer}/input${violation.path}`,
    quote: JSON.stringify(call.input).slice(0, QUOTE_CHARACTERS_MAX),
  });
}

/** What was wrong upstream and came out right: the model's doing, and no harm to the client. */
function mendedFailure(kind: ViolationKind, { mended }: CheckedCalls): ScorerResult | null {
  const first = mended.find(({ violation }) => violation.kind === kind && violation.isDoubtful !== true);
  if (first === undefined) return null;
  return failure('provider', 'warning', first.toolName, first.violation, { pointer: '/upstreamRaw' });
}

function failure(
  owner: 'provider' | 'gateway',
  severity: Severity,
  toolName: string,
  { expectedVsActual, detail }: Violation,
  evidence: ScorerResult['evidence'][number],
): ScorerResult {
  return {
    outcome: 'fail',
    owner,
    severity,
    evidence: [evidence],
    expectedVsActual,
    detail: `a call of ${plainIdentifier(toolName)} ${detail}`,
  };
}
