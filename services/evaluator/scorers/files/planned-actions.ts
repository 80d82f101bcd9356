import type { ScoringSubject } from '../scoring-subject.ts';
import { type FileAction, readFileAction } from './file-action.ts';
import { afterAction, type KnownFile, knownFileAfter } from './known-file.ts';
import { baseName, isSamePath } from './same-path.ts';

/** An action of the reply, with where it stands. */
export interface PlannedAction {
  /** Of the tool call's input. */
  readonly pointer: string;
  readonly action: FileAction;
  readonly toolName: string;
}

/** A change of one file, with what was known of the file just before it. */
export interface PlannedChange extends PlannedAction {
  readonly action: Extract<FileAction, { type: 'write' | 'edit' | 'insert' }>;
  readonly before: KnownFile;
}

/** What the reply's tool calls ask of files, in their order; tools that nobody here knows are left out. */
export function plannedActions(subject: ScoringSubject): readonly PlannedAction[] {
  return subject.part(readPlannedActions);
}

function readPlannedActions({ delivered }: ScoringSubject): readonly PlannedAction[] {
  return (delivered?.toolCalls ?? [])
    .map((call) => ({
      pointer: `${call.pointer}/input`,
      action: readFileAction(call.name, call.input),
      toolName: call.name,
    }))
    .filter(({ action }) => action.type !== 'other' && action.type !== 'harmless');
}

/** The reply's changes of files. Null where the conversation before them was not captured. */
export function plannedChanges(subject: ScoringSubject): readonly PlannedChange[] | null {
  return subject.part(readPlannedChanges);
}

function readPlannedChanges(subject: ScoringSubject): readonly PlannedChange[] | null {
  const actions = plannedActions(subject);
  const changes: PlannedChange[] = [];
  // Calls of one reply may run side by side; after a shell command among them nothing is known for sure.
  let isUncertain = false;
  for (const planned of actions) {
    const { action } = planned;
    if (action.type === 'shell' || action.type === 'patch') isUncertain = true;
    if (action.type !== 'write' && action.type !== 'edit' && action.type !== 'insert') continue;
    if (subject.conversation === null) return null;
    const earlier = changes.findLast((change) => isSamePath(change.action.path, action.path));
    const known =
      earlier === undefined ? fileBefore(subject, action.path) : afterAction(earlier.before, earlier.action, null);
    changes.push({ ...planned, action, before: isUncertain ? { ...known, content: null } : known });
  }
  return changes;
}

/** How far behind a file's name a client says what happened to it. */
const NOTICE_CHARACTERS = 200;

/**
 * What is known of a file before the reply. Clients say when a person or a formatter has changed a file, and show files
 * that the user points at.
 */
export function fileBefore({ conversation }: ScoringSubject, path: string): KnownFile {
  const known = knownFileAfter(conversation?.calls ?? [], path);
  const name = baseName(path);
  const said = [...(conversation?.userTexts ?? []), ...(conversation?.systemTexts ?? [])];
  // The system prompt names files as examples and rules.
  const mentions = said.filter(({ message, text }) => message >= 0 && text.includes(name));
  if (mentions.length === 0) return known;
  const isTouched = mentions.some(({ text }) => tellsOfChange(text, name));
  return { ...known, content: isTouched ? null : known.content, wasSeen: true };
}

function tellsOfChange(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + name.length)) {
    if (/modified|changed|edited|updated|reverted/i.test(text.slice(at, at + NOTICE_CHARACTERS))) return true;
  }
  return false;
}
