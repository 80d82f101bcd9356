import { languageOfPath } from '../code/language.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { plannedActions, plannedChanges } from './planned-actions.ts';

const QUOTE_CHARACTERS_MAX = 200;
/** Where blanks are the matter, changing nothing else is work. */
const ABOUT_BLANKS = /format|indent|white ?space|blank|lint|prettier|style|spacing|newline|line end|tab|align/i;
const INDENTATION_MATTERS = new Set(['python', 'yaml']);

interface Change {
  readonly pointer: string;
  readonly path: string;
  readonly oldText: string;
  readonly newText: string;
}

function changesOf(subject: ScoringSubject): readonly Change[] {
  const edits = plannedActions(subject).flatMap(({ action, pointer }) =>
    action.type === 'edit'
      ? action.replacements.map((replacement) => ({
          ...{ pointer: `${pointer}${replacement.pointer}`, path: action.path },
          ...{ oldText: replacement.oldText, newText: replacement.newText },
        }))
      : [],
  );
  const writes = (plannedChanges(subject) ?? []).flatMap(({ action, pointer, before }) =>
    action.type === 'write' && before.content !== null
      ? [
          {
            ...{ pointer: `${pointer}${action.pointer}`, path: action.path },
            ...{ oldText: before.content.replace(/\n$/, ''), newText: action.content.replace(/\n$/, '') },
          },
        ]
      : [],
  );
  return [...edits, ...writes];
}

/** What is left of a text when the blanks that mean nothing in its language are taken out. */
function withoutBlanks(text: string, path: string): string {
  const language = languageOfPath(path);
  // Where the language is not known, blanks may be part of it.
  if (language === null || INDENTATION_MATTERS.has(language))
    return text.replace(/[ \t]+$/gm, '').replace(/\n+/g, '\n');
  return text.replace(/\s+/g, ' ').trim();
}

function score(subject: ScoringSubject): ScorerResult {
  const changes = changesOf(subject);
  if (changes.length === 0) return NOT_APPLICABLE;
  const same = changes.find(({ oldText, newText }) => oldText === newText);
  const isAsked = subject.conversation?.userTexts.some(({ text }) => ABOUT_BLANKS.test(text)) ?? true;
  const blank = isAsked
    ? undefined
    : changes.find(({ oldText, newText, path }) => withoutBlanks(oldText, path) === withoutBlanks(newText, path));
  const found = same ?? blank;
  if (found === undefined) return PASSED;
  return {
    outcome: 'fail',
    owner: 'provider',
    severity: 'warning',
    evidence: [{ pointer: found.pointer, quote: found.oldText.slice(0, QUOTE_CHARACTERS_MAX) }],
    expectedVsActual: same === undefined ? 'change -> blanks only' : 'change -> none',
    detail:
      same === undefined
        ? 'an edit changes nothing but blanks, which nobody asked for'
        : 'an edit puts a text in the place of itself',
  };
}

export const editNoop: Scorer = {
  id: 'edit_noop',
  version: '1',
  metric: 'code',
  pass: 'call',
  owner: 'provider',
  severity: 'warning',
  definition: 'An edit changes the file, and more than blanks unless the user asked for that.',
  score,
};
