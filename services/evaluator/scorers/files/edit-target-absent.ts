import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { applyReplacements } from './apply-replacements.ts';
import { plannedChanges } from './planned-actions.ts';

const QUOTE_CHARACTERS_MAX = 200;

function score(subject: ScoringSubject): ScorerResult {
  const changes = plannedChanges(subject);
  if (changes === null) return unknown('the conversation before this call was not captured');
  let checked = 0;
  let undecided = 0;
  for (const { action, before, pointer } of changes) {
    // An edit that looks for nothing makes a file.
    if (action.type !== 'edit' || action.replacements.some(({ oldText }) => oldText === '')) continue;
    checked += 1;
    if (before.content === null) {
      undecided += 1;
      continue;
    }
    const replaced = applyReplacements(before.content, action.replacements);
    if (replaced.type === 'replaced') continue;
    const isAbsent = replaced.fault === 'absent';
    return {
      outcome: 'fail',
      owner: 'provider',
      severity: 'error',
      evidence: [
        {
          pointer: `${pointer}${replaced.replacement.pointer}`,
          quote: replaced.replacement.oldText.slice(0, QUOTE_CHARACTERS_MAX),
        },
      ],
      expectedVsActual: isAbsent ? 'text to replace once -> absent' : 'text to replace once -> several times',
      detail: isAbsent
        ? 'the text to replace is not in the file as it was last seen'
        : 'the text to replace is in the file several times',
    };
  }
  if (checked === 0) return NOT_APPLICABLE;
  return undecided === 0 ? PASSED : unknown('the content of the edited file is not known');
}

export const editTargetAbsent: Scorer = {
  id: 'edit_target_absent',
  version: '1',
  metric: 'code',
  pass: 'call',
  owner: 'provider',
  severity: 'error',
  definition:
    'The text that an edit replaces stands in the file as the conversation last showed it, and once unless all are meant.',
  score,
};
