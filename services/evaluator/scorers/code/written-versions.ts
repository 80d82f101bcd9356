import { applyReplacements } from '../files/apply-replacements.ts';
import { afterAction } from '../files/known-file.ts';
import { type PlannedChange, plannedChanges } from '../files/planned-actions.ts';
import type { ScoringSubject } from '../scoring-subject.ts';

/** A file as the reply leaves it, and as it was before; both as far as they are known. */
export interface WrittenVersion {
  readonly path: string;
  readonly pointer: string;
  /** Null where nothing is known of it, which for a new file is the empty text. */
  readonly before: string | null;
  /** Null where an edit meets a content that is not known, or would be refused. */
  readonly after: string | null;
}

/** Every change of the reply as two versions of a file. Null where the conversation was not captured. */
export function writtenVersions(subject: ScoringSubject): readonly WrittenVersion[] | null {
  return subject.part(readVersions);
}

function readVersions(subject: ScoringSubject): readonly WrittenVersion[] | null {
  return plannedChanges(subject)?.map(versionOf) ?? null;
}

function versionOf({ action, before, pointer }: PlannedChange): WrittenVersion {
  const isNew = before.exists === false || (action.type === 'write' && before.exists === null && !before.wasSeen);
  const known = before.content ?? (isNew ? '' : null);
  if (action.type === 'edit') {
    const [first] = action.replacements;
    const isCreation = action.replacements.length === 1 && first?.oldText === '';
    const replaced = known === null || isCreation ? null : applyReplacements(known, action.replacements);
    const after = isCreation ? (first?.newText ?? null) : replaced?.type === 'replaced' ? replaced.content : null;
    return { path: action.path, pointer: `${pointer}${first?.pointer ?? ''}`, before: known, after };
  }
  return {
    path: action.path,
    pointer: `${pointer}${action.pointer}`,
    before: known,
    after: afterAction(before, action, null).content,
  };
}
