import { encodeToolName } from '#shared/formats/tool-name.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';

const QUOTE_CHARACTERS_MAX = 200;

/** A name written otherwise: case, separators and the prefixes that models and translators put before it. */
function normaliseName(name: string): string {
  return name
    .replace(/^(functions[.:]|tools?[.:]|default_api[.:]|mcp__)/i, '')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
}

function score(subject: ScoringSubject): ScorerResult {
  const calls = subject.delivered?.toolCalls ?? [];
  const rawCalls = subject.raw?.toolCalls ?? [];
  if (calls.length === 0 && rawCalls.length === 0) return NOT_APPLICABLE;
  if (subject.catalogue === null) return unknown('the request does not say which tools there were');
  const names = [...subject.catalogue.keys()];
  // The upstream knows a shortened name by that name only; undone, it is the client's.
  const upstreamNames = new Set([...names, ...names.map(encodeToolName)]);
  const call = calls.find((candidate) => !subject.catalogue?.has(candidate.name));
  const rawCall = rawCalls.find((candidate) => !upstreamNames.has(candidate.name));
  const called = call?.name ?? rawCall?.name;
  if (called === undefined) return PASSED;
  const nearMiss = names.some((name) => normaliseName(name) === normaliseName(called));
  return {
    outcome: 'fail',
    owner: subject.raw !== null && rawCall === undefined ? 'gateway' : 'provider',
    severity: 'fatal',
    evidence: [{ pointer: call?.pointer ?? '/upstreamRaw', quote: called.slice(0, QUOTE_CHARACTERS_MAX) }],
    expectedVsActual: nearMiss ? 'tool in catalogue -> misspelt name' : 'tool in catalogue -> unknown name',
    detail: nearMiss
      ? 'a tool was called by a name that only resembles one of the catalogue'
      : 'a tool was called that is not in the catalogue',
  };
}

export const unknownTool: Scorer = {
  id: 'unknown_tool',
  version: '1',
  metric: 'toolUse',
  pass: 'call',
  owner: 'provider',
  severity: 'fatal',
  definition: 'Every called tool is in the catalogue of the request, after our own renaming is undone.',
  score,
};
