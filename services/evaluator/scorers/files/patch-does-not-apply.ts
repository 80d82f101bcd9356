import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { type ExpectedLines, type ReadPatch, readPatch } from './patch-fault.ts';
import { fileBefore, type PlannedAction, plannedActions } from './planned-actions.ts';

const QUOTE_CHARACTERS_MAX = 200;
/** `patch` leaves out so many lines at the ends of a hunk before it gives up. */
const FUZZ_LINES = 2;
const HEREDOC = /<<-?\s*(['"]?)(\w+)\1[^\n]*\n([\s\S]*?)\n\s*\2[ \t]*(?:\n|$)/;

interface PlannedPatch {
  readonly pointer: string;
  readonly patch: ReadPatch;
  readonly quote: string;
}

/** Patches that the reply applies: by a tool of their own, or by a program that reads them. */
function patchesOf(planned: readonly PlannedAction[]): readonly PlannedPatch[] {
  return planned.flatMap(({ action, pointer }) => {
    const text = action.type === 'patch' ? action.text : action.type === 'shell' ? appliedText(action.command) : null;
    const patch = text === null ? null : readPatch(text);
    if (patch === null || text === null || !('pointer' in action)) return [];
    return [{ pointer: `${pointer}${action.pointer}`, patch, quote: text.slice(0, QUOTE_CHARACTERS_MAX) }];
  });
}

function appliedText(command: string): string | null {
  if (!/\bgit apply\b|(^|[\s;&|])patch\s+(-|<)/.test(command)) return null;
  return HEREDOC.exec(command)?.[3] ?? null;
}

/** Whether a file has these lines one after the other; blanks at their ends do not count, as they do not for the tools. */
function hasLines(content: string, sought: readonly string[]): boolean {
  const tidy = (line: string) => line.trim();
  const lines = content.split('\n').map(tidy);
  const wanted = sought.map(tidy);
  for (let fuzz = 0; fuzz <= Math.min(FUZZ_LINES, Math.floor((wanted.length - 1) / 2)); fuzz += 1) {
    const core = wanted.slice(fuzz, wanted.length - fuzz);
    if (lines.some((_line, at) => core.every((line, index) => lines[at + index] === line))) return true;
  }
  return wanted.length === 0;
}

type Applied = 'applies' | 'does not apply' | 'not known';

function appliesTo(subject: ScoringSubject, { path, lines }: ExpectedLines): Applied {
  const { content } = fileBefore(subject, path);
  if (content === null) return 'not known';
  return hasLines(content, lines) ? 'applies' : 'does not apply';
}

function failure({ pointer, quote }: PlannedPatch, expectedVsActual: string, detail: string): ScorerResult {
  return {
    outcome: 'fail',
    owner: 'provider',
    severity: 'error',
    evidence: [{ pointer, quote }],
    expectedVsActual,
    detail,
  };
}

function score(subject: ScoringSubject): ScorerResult {
  const patches = patchesOf(plannedActions(subject));
  if (patches.length === 0) return NOT_APPLICABLE;
  let isKnown = true;
  for (const planned of patches) {
    const { fault, expected } = planned.patch;
    if (fault !== null) {
      return failure(planned, `patch that holds together -> ${fault}`, `a patch cannot be applied: ${fault}`);
    }
    const seen = new Set<string>();
    for (const part of expected) {
      // A second part of the same file may expect what the first one writes.
      const applied = seen.has(part.path) ? 'not known' : appliesTo(subject, part);
      seen.add(part.path);
      if (applied === 'does not apply') {
        return failure(
          planned,
          'patch that fits the file -> lines absent',
          'a patch expects lines that are not in the file as it was last seen',
        );
      }
      if (applied === 'not known') isKnown = false;
    }
  }
  return isKnown ? PASSED : unknown('the content of the patched file is not known');
}

export const patchDoesNotApply: Scorer = {
  id: 'patch_does_not_apply',
  version: '1',
  metric: 'code',
  pass: 'call',
  owner: 'provider',
  severity: 'error',
  definition:
    'A patch has the lines that it says it has, and those that it expects are in the file as it was last seen.',
  score,
};
