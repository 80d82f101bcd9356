import { findStrangeNames } from './called-names.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';

const QUOTE_CHARACTERS_MAX = 200;

function score(subject: ScoringSubject): ScorerResult {
  const callCount = (subject.delivered?.toolCalls.length ?? 0) + (subject.raw?.toolCalls.length ?? 0);
  if (callCount === 0) return NOT_APPLICABLE;
  const names = subject.part(findStrangeNames);
  if (names === null) return unknown('the request does not say which tools there were');
  // A name that only resembles one is `tool_name_mangled`: one defect is one failing check.
  const strange = names.find(({ meant }) => meant === null);
  if (strange === undefined) return PASSED;
  return {
    outcome: 'fail',
    owner: strange.fromUpstream === false ? 'gateway' : 'provider',
    severity: strange.isDelivered ? 'fatal' : 'warning',
    evidence: [{ pointer: strange.pointer, quote: strange.name.slice(0, QUOTE_CHARACTERS_MAX) }],
    expectedVsActual: 'tool in catalogue -> unknown name',
    detail: 'a tool was called that is not in the catalogue',
  };
}

export const unknownTool: Scorer = {
  id: 'unknown_tool',
  version: '2',
  metric: 'toolUse',
  pass: 'call',
  owner: 'provider',
  severity: 'fatal',
  definition: 'Every called tool is in the catalogue of the request, or resembles one that is.',
  score,
};
