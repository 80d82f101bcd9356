import { plannedActions } from '../files/planned-actions.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { writtenVersions } from './written-versions.ts';

const QUOTE_CHARACTERS_MAX = 200;
const CODE_FILE =
  /\.(c|cc|cpp|cs|css|cts|dart|ex|exs|go|h|hpp|html|java|js|jsx|kt|lua|m|mjs|mts|php|pl|ps1|py|pyi|rb|rs|scala|scss|sh|sql|svelte|swift|tf|ts|tsx|vue|ya?ml|zig)$/i;
const COMMENT_START = String.raw`^[ \t]*(?://|#|--|/\*+|\*|<!--|;|%|\{/\*)[ \t]*`;
const WHAT = `(?:code|file|files?|implementation|functions?|methods?|class(?:es)?|content|imports?|tests?|logic|component|module|script|styles?|props|fields|cases|routes|handlers?|config(?:uration)?|definitions?)`;

/** A comment that stands where code stood: what was there is gone. */
const ELISION: readonly RegExp[] = [
  new RegExp(
    `${COMMENT_START}(?:\\.{3}|\u2026)[ \\t]*\\(?[ \\t]*(?:the )?(?:rest of|remaining|existing|previous|other|same|unchanged|keep)\\b`,
    'im',
  ),
  new RegExp(
    `${COMMENT_START}\\(?(?:the )?(?:rest of|remaining|existing|previous)[ \\t]+(?:the |your |this )?(?:\\w+[ \\t]+)?${WHAT}\\b[^\\n]{0,40}(?:unchanged|remains?|stays?|as before|the same|goes here|\\.{3}|\u2026)`,
    'im',
  ),
  new RegExp(
    `${COMMENT_START}(?:existing|previous|original|remaining) ${WHAT}[ \\t]*(?:here)?[ \\t]*(?:\\.{3}|\u2026)`,
    'im',
  ),
  new RegExp(
    `${COMMENT_START}${WHAT} (?:remains?|stays?) (?:unchanged|the same)[ \\t]*(?:\\.{3}|\u2026|\\*/|-->|$)`,
    'im',
  ),
];
/** A body that is yet to be written. */
const STUB: readonly RegExp[] = [
  /^[ \t]*pass[ \t]*#[ \t]*(TODO|FIXME|implement|placeholder)/im,
  new RegExp(
    `${COMMENT_START}(?:TODO|FIXME)?:?[ \\t]*(?:implement (?:this|me|the (?:logic|function|method|rest))|your (?:code|implementation|logic) (?:goes )?here|add (?:your )?(?:implementation|logic) here|implementation goes here)`,
    'im',
  ),
  /(raise NotImplementedError|throw new (Error|UnsupportedOperationException|NotImplementedException)|todo!|unimplemented!|panic)\((["'](not (yet )?implemented|TODO|implement me)[^"']*["'])\)/i,
];
const ASKED =
  /\b(stub|skeleton|scaffold|placeholder|boilerplate|TODO|template|outline|not implemented|NotImplemented)/i;

function firstMatch(text: string, patterns: readonly RegExp[], before: string): string | null {
  for (const pattern of patterns) {
    const [line] = pattern.exec(text) ?? [];
    // What the file said before is not this reply's leaving out.
    if (line !== undefined && !before.includes(line.trim())) return line.trim();
  }
  return null;
}

interface WrittenText {
  readonly pointer: string;
  readonly path: string;
  readonly text: string;
  readonly before: string;
}

function writtenTexts(subject: ScoringSubject): readonly WrittenText[] {
  const versions = writtenVersions(subject) ?? [];
  return plannedActions(subject).flatMap(({ action, pointer }): WrittenText[] => {
    if (action.type !== 'write' && action.type !== 'edit' && action.type !== 'insert') return [];
    const before = versions.find((version) => version.path === action.path)?.before ?? '';
    const base = { path: action.path };
    if (action.type === 'write')
      return [{ ...base, pointer: `${pointer}${action.pointer}`, text: action.content, before }];
    if (action.type === 'insert')
      return [{ ...base, pointer: `${pointer}${action.pointer}`, text: action.text, before }];
    return action.replacements.map(({ pointer: at, oldText, newText }) => ({
      ...base,
      pointer: `${pointer}${at.replace(/old([^/]*)$/, 'new$1')}`,
      text: newText,
      before: `${before}\n${oldText}`,
    }));
  });
}

function score(subject: ScoringSubject): ScorerResult {
  const texts = writtenTexts(subject).filter(({ path }) => CODE_FILE.test(path));
  if (texts.length === 0) return NOT_APPLICABLE;
  for (const { text, pointer, before } of texts) {
    const line = firstMatch(text, ELISION, before);
    if (line !== null) return failure(pointer, line, 'elision');
  }
  const isAsked = subject.conversation?.userTexts.some(({ text }) => ASKED.test(text)) ?? true;
  for (const { text, pointer, before } of isAsked ? [] : texts) {
    const line = firstMatch(text, STUB, before);
    if (line !== null) return failure(pointer, line, 'stub');
  }
  return PASSED;
}

function failure(pointer: string, line: string, kind: 'elision' | 'stub'): ScorerResult {
  return {
    outcome: 'fail',
    owner: 'provider',
    // A stub is unfinished work; an elision has taken work away.
    severity: kind === 'elision' ? 'error' : 'warning',
    evidence: [{ pointer, quote: line.slice(0, QUOTE_CHARACTERS_MAX) }],
    expectedVsActual: kind === 'elision' ? 'code -> comment in its place' : 'code -> stub nobody asked for',
    detail:
      kind === 'elision' ? 'a comment was written in the place of code' : 'a stub was written that nobody asked for',
  };
}

export const codePlaceholder: Scorer = {
  id: 'code_placeholder',
  version: '1',
  metric: 'code',
  pass: 'call',
  owner: 'provider',
  severity: 'error',
  definition:
    'What is written to a file is code, not a comment that stands for code, nor a stub that nobody asked for.',
  score,
};
