import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import type { SyntaxFault } from './check-syntax.ts';
import { type Language, languageOfPath } from './language.ts';
import { type WrittenVersion, writtenVersions } from './written-versions.ts';

const QUOTE_CHARACTERS_MAX = 200;
/** Marks of template engines: what is parsed is what they leave behind. */
const TEMPLATE = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|<%[\s\S]*?%>|^(<{7}|>{7}|={7})( |$)/m;
/** Its grammar refuses now and then what the shell takes, so that a fault there is only a hint. */
const HINT_ONLY: ReadonlySet<Language> = new Set(['bash']);

type Finding =
  | { readonly type: 'valid' | 'broken before' }
  | { readonly type: 'invalid'; readonly fault: SyntaxFault }
  | { readonly type: 'unknown'; readonly reason: string };

function examine(subject: ScoringSubject, version: WrittenVersion, language: Language): Finding {
  const { after, before } = version;
  if (after === null) return { type: 'unknown', reason: 'the content of the edited file is not known' };
  if (subject.checkSyntax === null) return { type: 'unknown', reason: 'no parsers are loaded' };
  const verdict = subject.checkSyntax(language, after);
  if (verdict.type === 'valid') return { type: 'valid' };
  if (verdict.type === 'unknown')
    return { type: 'unknown', reason: `the file is ${verdict.reason.replace('_', ' ')} to parse` };
  if (TEMPLATE.test(after)) return { type: 'unknown', reason: 'the file may be a template' };
  // A text that never parsed may be in a dialect that the grammar does not know.
  if (before !== null && before !== '' && subject.checkSyntax(language, before).type !== 'valid')
    return { type: 'broken before' };
  return { type: 'invalid', fault: verdict.fault };
}

function lineOf(text: string, line: number): string {
  return text.split('\n')[line - 1]?.trim().slice(0, QUOTE_CHARACTERS_MAX) ?? '';
}

function score(subject: ScoringSubject): ScorerResult {
  const versions = writtenVersions(subject);
  if (versions === null) return unknown('the conversation before this call was not captured');
  let checked = 0;
  let undecided: string | null = null;
  // Several changes of one file in one reply are steps; what counts is where they end.
  const last = new Map(versions.map((version) => [version.path, version]));
  const first = new Map(versions.toReversed().map((version) => [version.path, version]));
  for (const [path, version] of last) {
    const language = languageOfPath(path);
    if (language === null) continue;
    checked += 1;
    const before = first.get(path)?.before ?? null;
    const finding = examine(subject, { ...version, before }, language);
    if (finding.type === 'unknown') undecided ??= finding.reason;
    if (finding.type !== 'invalid') continue;
    const { line } = finding.fault;
    return {
      outcome: 'fail',
      owner: 'provider',
      severity: HINT_ONLY.has(language) ? 'warning' : 'error',
      evidence: [{ pointer: version.pointer, quote: lineOf(version.after ?? '', line) }],
      expectedVsActual: `${language} that parses -> syntax error`,
      detail: `a written file does not parse as ${language}${before === null || before === '' ? '' : ', and did before'}`,
    };
  }
  if (checked === 0) return NOT_APPLICABLE;
  return undecided === null ? PASSED : unknown(undecided);
}

export const codeSyntaxInvalid: Scorer = {
  id: 'code_syntax_invalid',
  version: '1',
  metric: 'code',
  pass: 'call',
  owner: 'provider',
  severity: 'error',
  definition: 'A written file parses in the language of its name, unless it did not before.',
  score,
};
