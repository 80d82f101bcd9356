import { isRecord, parseJson } from './json.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';

const QUOTE_CHARACTERS_MAX = 200;

interface Found {
  readonly pointer: string;
  readonly kind: string;
  readonly quote: string;
}

/** What JSON arguments are when they are no object; null for an object, for no JSON and for several calls in one. */
function kindOf(value: unknown): string | null {
  if (value === undefined || isRecord(value)) return null;
  if (value === null) return 'null';
  // A list of objects is several calls merged into one, which is a check of its own.
  if (Array.isArray(value)) return value.length >= 2 && value.every(isRecord) ? null : 'array';
  if (typeof value !== 'string') return typeof value;
  return isRecord(parseJson(value)) ? 'object in a string' : 'string';
}

function findAmong(calls: readonly { readonly pointer: string; readonly value: unknown }[]): Found | null {
  for (const { pointer, value } of calls) {
    const kind = kindOf(value);
    if (kind !== null) return { pointer, kind, quote: JSON.stringify(value).slice(0, QUOTE_CHARACTERS_MAX) };
  }
  return null;
}

function score(subject: ScoringSubject): ScorerResult {
  const calls = (subject.delivered?.toolCalls ?? []).map(({ pointer, given, unparsedArguments: text }) => ({
    pointer: `${pointer}/input`,
    value: text === null ? given : parseJson(text),
  }));
  const rawCalls = (subject.raw?.toolCalls ?? []).map(({ parsed: value }) => ({ pointer: '/upstreamRaw', value }));
  if (calls.length === 0 && rawCalls.length === 0) return NOT_APPLICABLE;
  const delivered = findAmong(calls);
  const raw = findAmong(rawCalls);
  const found = delivered ?? raw;
  if (found === null) return PASSED;
  return {
    outcome: 'fail',
    owner: subject.raw !== null && raw === null ? 'gateway' : 'provider',
    // What was unpacked on the way reached the client as an object.
    severity: delivered === null && subject.delivered !== null ? 'warning' : 'error',
    evidence: [{ pointer: found.pointer, quote: found.quote }],
    expectedVsActual: `arguments object -> ${found.kind}`,
    detail: `the arguments of a tool call are JSON and no object: ${found.kind}`,
  };
}

export const argsNotObject: Scorer = {
  id: 'args_not_object',
  version: '1',
  metric: 'toolUse',
  pass: 'call',
  owner: 'provider',
  severity: 'error',
  definition:
    'Arguments that are JSON are one object, and not a list, a plain value or an object written into a string.',
  score,
};
