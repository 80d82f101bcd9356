import { findStrangeNames } from './called-names.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from './scorer.ts';
import type { ScoringSubject } from './scoring-subject.ts';

const QUOTE_CHARACTERS_MAX = 200;

function score(subject: ScoringSubject): ScorerResult {
  const callCount = (subject.delivered?.toolCalls.length ?? 0) + (subject.raw?.toolCalls.length ?? 0);
  if (callCount === 0) return NOT_APPLICABLE;
  const names = subject.part(findStrangeNames);
  if (names === null) return unknown('the request does not say which tools there were');
  const mangled = names.find(({ meant }) => meant !== null);
  if (mangled?.meant == null) return PASSED;
  const { mangling } = mangled.meant;
  // Without the reply itself: names are shortened by translators, and spelt otherwise by models.
  const fromUpstream = mangled.fromUpstream ?? mangling === 'respelt';
  return {
    outcome: 'fail',
    owner: fromUpstream ? 'provider' : 'gateway',
    severity: mangled.isDelivered ? 'error' : 'warning',
    evidence: [{ pointer: mangled.pointer, quote: mangled.name.slice(0, QUOTE_CHARACTERS_MAX) }],
    expectedVsActual: `tool in catalogue -> ${mangling} name`,
    detail: `a tool was called by a name that is only a ${mangling} form of one in the catalogue`,
  };
}

export const toolNameMangled: Scorer = {
  id: 'tool_name_mangled',
  version: '1',
  metric: 'toolUse',
  pass: 'call',
  owner: 'gateway',
  severity: 'error',
  definition:
    'Called names are those of the catalogue to the letter: not cut, not with another case, other separators or a prefix.',
  score,
};
