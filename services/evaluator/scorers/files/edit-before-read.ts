import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import type { FileAction } from './file-action.ts';
import { type PlannedChange, plannedActions, plannedChanges } from './planned-actions.ts';
import { baseName, isSamePath } from './same-path.ts';

const QUOTE_CHARACTERS_MAX = 200;
/** A summary stands for the turns in which files were read. */
const CONTINUED = /continued from a previous conversation|conversation (was|has been) (compacted|summari[sz]ed)/i;

/** Whether there is such a file: an edit presumes it, and results may have listed it. */
function isOfExisting(subject: ScoringSubject, { action, before }: PlannedChange): boolean {
  if (action.type === 'edit')
    return before.exists !== false && action.replacements.every(({ oldText }) => oldText !== '');
  if (before.exists !== null) return before.exists;
  if (action.type === 'insert') return true;
  const listed = new RegExp(`(^|[\\s/"'])${literal(baseName(action.path))}($|[\\s"':,])`, 'm');
  return (subject.conversation?.results ?? []).some(({ text, kind }) => kind === 'ok' && listed.test(text));
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** A reply may read and write at once, which is too late for the writing. */
function isReadBeside(actions: readonly FileAction[], path: string): boolean {
  return actions.some((action) => action.type === 'read' && isSamePath(action.path, path));
}

function score(subject: ScoringSubject): ScorerResult {
  const changes = plannedChanges(subject);
  if (changes === null) return unknown('the conversation before this call was not captured');
  const ofExisting = changes.filter((change) => isOfExisting(subject, change));
  if (ofExisting.length === 0) return NOT_APPLICABLE;
  const unseen = ofExisting.find(({ before }) => !before.wasSeen);
  if (unseen === undefined) return PASSED;
  const said = [...(subject.conversation?.userTexts ?? []), ...(subject.conversation?.systemTexts ?? [])];
  if (said.some(({ text }) => CONTINUED.test(text))) return unknown('a summary stands for the earlier turns');
  const actions = plannedActions(subject).map(({ action }) => action);
  const isListed = unseen.action.type === 'write';
  return {
    outcome: 'fail',
    owner: 'provider',
    severity: 'warning',
    evidence: [{ pointer: unseen.pointer, quote: unseen.action.path.slice(0, QUOTE_CHARACTERS_MAX) }],
    expectedVsActual: isReadBeside(actions, unseen.action.path)
      ? 'file read before change -> read beside it'
      : `file read before change -> ${isListed ? 'overwritten unread' : 'edited unread'}`,
    detail: 'a file is changed that was never looked at in the session',
  };
}

export const editBeforeRead: Scorer = {
  id: 'edit_before_read',
  version: '1',
  metric: 'code',
  pass: 'call',
  owner: 'provider',
  severity: 'warning',
  definition: 'An existing file is looked at in the session before it is changed.',
  score,
};
