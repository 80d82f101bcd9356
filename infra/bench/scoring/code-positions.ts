import type { Language } from '../../../services/evaluator/scorers/code/language.ts';

interface Lexis {
  readonly lineComment: readonly string[];
  readonly hasBlockComments: boolean;
  readonly quotes: readonly string[];
}

const C_LIKE: Lexis = { lineComment: ['//'], hasBlockComments: true, quotes: ['"', "'"] };
const LEXIS: Readonly<Record<Language, Lexis>> = {
  bash: { lineComment: ['#'], hasBlockComments: false, quotes: ['"', "'"] },
  go: { ...C_LIKE, quotes: ['"', "'", '`'] },
  java: C_LIKE,
  javascript: { ...C_LIKE, quotes: ['"', "'", '`'] },
  json: { lineComment: [], hasBlockComments: false, quotes: ['"'] },
  python: { lineComment: ['#'], hasBlockComments: false, quotes: ['"""', "'''", '"', "'"] },
  // A lone quote begins a lifetime, so that lines with one are left out below.
  rust: { ...C_LIKE, quotes: ['"'] },
  tsx: { ...C_LIKE, quotes: ['"', "'", '`'] },
  typescript: { ...C_LIKE, quotes: ['"', "'", '`'] },
  yaml: { lineComment: ['#'], hasBlockComments: false, quotes: ['"', "'"] },
};

/** Signs that make it hard to say what is code: regular expressions, quotes within quotes, expansions, text of markup. */
const UNCERTAIN: Readonly<Partial<Record<Language, RegExp>>> = {
  bash: /["'`#$()]/,
  javascript: /[/`\\]/,
  rust: /'/,
  tsx: /[/`\\]/,
  typescript: /[/`\\]/,
  yaml: /["'#]/,
};

/**
 * Positions of a text that are surely code: outside of strings and comments, on lines without anything that a simple
 * reading could take for something else.
 */
export function codePositions(language: Language, text: string): readonly number[] {
  const lexis = LEXIS[language];
  const uncertain = UNCERTAIN[language];
  const positions: number[] = [];
  let lineStart = 0;
  let ofLine: number[] = [];
  let isSpoilt = false;
  const endLine = (position: number) => {
    const line = text.slice(lineStart, position);
    if (!isSpoilt && uncertain?.test(line) !== true) positions.push(...ofLine);
    lineStart = position + 1;
    ofLine = [];
    isSpoilt = false;
  };
  for (let position = 0; position < text.length; position += 1) {
    const skipped = skipFrom(text, position, lexis);
    if (skipped > position) {
      // What runs over several lines spoils those on which it begins and ends.
      if (text.slice(position, skipped).includes('\n')) {
        ofLine = [];
        isSpoilt = true;
        lineStart = text.lastIndexOf('\n', skipped - 1) + 1;
      }
      position = skipped - 1;
      continue;
    }
    if (text.charAt(position) === '\n') endLine(position);
    else ofLine.push(position);
  }
  endLine(text.length);
  return positions;
}

/** Where the string or comment that begins here ends; the position itself where none begins. */
function skipFrom(text: string, position: number, { lineComment, hasBlockComments, quotes }: Lexis): number {
  if (hasBlockComments && text.startsWith('/*', position)) {
    const end = text.indexOf('*/', position + 2);
    return end === -1 ? text.length : end + 2;
  }
  if (lineComment.some((mark) => text.startsWith(mark, position))) {
    const end = text.indexOf('\n', position);
    return end === -1 ? text.length : end;
  }
  const quote = quotes.find((mark) => text.startsWith(mark, position));
  if (quote === undefined) return position;
  let at = position + quote.length;
  while (at < text.length && !text.startsWith(quote, at)) at += text.charAt(at) === '\\' ? 2 : 1;
  return Math.min(text.length, at + quote.length);
}
