import { splitConcatenatedObjects } from './concatenated-objects.ts';
import { isRecord, parseJson } from './json.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';

const QUOTE_CHARACTERS_MAX = 200;

type MergedKind = 'concatenated objects' | 'array of objects';

/** How several calls' arguments stand in one arguments text, or null when they do not. */
function mergedKind(text: string | null, value = text === null ? undefined : parseJson(text)): MergedKind | null {
  if (text === null) return null;
  if (value === undefined) return splitConcatenatedObjects(text) === null ? null : 'concatenated objects';
  return Array.isArray(value) && value.length >= 2 && value.every(isRecord) ? 'array of objects' : null;
}

function bucket(count: number): string {
  return count >= 2 ? '2+' : String(count);
}

function scoreMerged(subject: ScoringSubject): ScorerResult | null {
  const delivered = subject.delivered?.toolCalls.find((call) => mergedKind(call.unparsedArguments) !== null);
  const raw = subject.raw?.toolCalls.find((call) => mergedKind(call.argumentsText, call.parsed) !== null);
  const text = delivered?.unparsedArguments ?? raw?.argumentsText ?? null;
  const kind = mergedKind(text);
  if (text === null || kind === null) return null;
  return {
    outcome: 'fail',
    owner: subject.raw !== null && raw === undefined ? 'gateway' : 'provider',
    // Calls that the gateway took apart again reached the client whole.
    severity: delivered === undefined && subject.delivered !== null ? 'warning' : 'fatal',
    evidence: [{ pointer: delivered?.pointer ?? '/upstreamRaw', quote: text.slice(0, QUOTE_CHARACTERS_MAX) }],
    expectedVsActual: `arguments json -> ${kind}`,
    detail: `the arguments of several tool calls stand in one call: ${kind}`,
  };
}

function score(subject: ScoringSubject): ScorerResult {
  const deliveredCount = subject.delivered?.toolCalls.length ?? 0;
  const rawCount = subject.raw?.toolCalls.length ?? 0;
  if (deliveredCount === 0 && rawCount === 0) return NOT_APPLICABLE;
  const merged = scoreMerged(subject);
  if (merged !== null) return merged;
  if (rawCount <= deliveredCount) return PASSED;
  if (subject.delivered === null || subject.status !== 'ok') {
    return unknown('the reply was cut before all of its calls were delivered');
  }
  return {
    outcome: 'fail',
    owner: 'gateway',
    severity: 'fatal',
    evidence: [{ pointer: '/upstreamRaw' }, { pointer: '/response/content' }],
    expectedVsActual: `calls ${bucket(rawCount)} -> ${deliveredCount >= 2 ? 'fewer' : deliveredCount}`,
    detail: 'fewer tool calls were delivered than the upstream sent',
  };
}

export const parallelCollapsed: Scorer = {
  id: 'parallel_collapsed',
  version: '2',
  metric: 'toolUse',
  pass: 'call',
  owner: 'gateway',
  severity: 'fatal',
  definition: 'As many tool calls are delivered as the upstream sent, and no call holds the arguments of several.',
  score,
};
