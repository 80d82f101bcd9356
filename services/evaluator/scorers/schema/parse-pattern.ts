/** A regular expression taken apart. What one character of it accepts is still decided by the engine's own rules. */
export type PatternNode =
  | { readonly type: 'character'; readonly accepts: (character: string) => boolean }
  | { readonly type: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly type: 'choice'; readonly options: readonly PatternNode[] }
  | { readonly type: 'repeat'; readonly body: PatternNode; readonly least: number; readonly most: number }
  | { readonly type: 'start' }
  | { readonly type: 'end' };

const PATTERN_CHARACTERS_MAX = 2_000;
const NESTING_MAX = 50;
const REPETITIONS_MAX = 1_000;
const QUANTIFIER = /^(?:([*+?])|\{(\d{1,4})(,?)(\d{0,4})\})\??/;
const ESCAPE =
  /^\\(?:[dDwWsStnrfv0]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|[pP]\{[^}]{1,60}\}|[\^$\\.*+?()[\]{}|/])/;
/** People escape more than they need to; outside of the Unicode mode that is the character itself. */
const NEEDLESS_ESCAPE = /^\\[-_"'`~!@#%&=:;<>, ]/;
const CLASS = /^\[(?:\\.|[^\\\]])*\]/s;

/** Null for what is no pattern, or one with parts that cannot be matched in linear time. */
export function parsePattern(source: string): PatternNode | null {
  if (source.length > PATTERN_CHARACTERS_MAX) return null;
  try {
    new RegExp(source);
  } catch {
    return null;
  }
  let rest = source;

  function parseChoice(depth: number): PatternNode | null {
    const options: PatternNode[] = [];
    for (;;) {
      const option = parseSequence(depth);
      if (option === null) return null;
      options.push(option);
      if (!rest.startsWith('|')) break;
      rest = rest.slice(1);
    }
    return options.length === 1 && options[0] !== undefined ? options[0] : { type: 'choice', options };
  }

  function parseSequence(depth: number): PatternNode | null {
    const parts: PatternNode[] = [];
    while (rest !== '' && !rest.startsWith('|') && !rest.startsWith(')')) {
      const term = parseTerm(depth);
      const repeated = term === null ? null : parseQuantifier(term);
      if (repeated === null) return null;
      parts.push(repeated);
    }
    return { type: 'sequence', parts };
  }

  function parseTerm(depth: number): PatternNode | null {
    if (rest.startsWith('(')) return depth > NESTING_MAX ? null : parseGroup(depth);
    if (take('^')) return { type: 'start' };
    if (take('$')) return { type: 'end' };
    const special = CLASS.exec(rest)?.[0] ?? ESCAPE.exec(rest)?.[0] ?? (rest.startsWith('.') ? '.' : undefined);
    if (special !== undefined) return takeSpecial(special);
    const needless = NEEDLESS_ESCAPE.exec(rest)?.[0];
    if (needless !== undefined) {
      rest = rest.slice(needless.length);
      return literal(needless.slice(1));
    }
    if (/^[\\*+?[\]{}]/.test(rest)) return null;
    const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
    rest = rest.slice(character.length);
    return literal(character);
  }

  function parseGroup(depth: number): PatternNode | null {
    const opening = /^\((?:\?:|\?<[A-Za-z_$][\w$]*>|(?!\?))/.exec(rest)?.[0];
    if (opening === undefined) return null;
    rest = rest.slice(opening.length);
    const body = parseChoice(depth + 1);
    return body !== null && take(')') ? body : null;
  }

  function parseQuantifier(body: PatternNode): PatternNode | null {
    const found = QUANTIFIER.exec(rest);
    if (found === null) return body;
    rest = rest.slice(found[0].length);
    const [, sign, count, comma, end] = found;
    const least = sign === undefined ? Number(count) : sign === '+' ? 1 : 0;
    const isOpen = sign === '*' || sign === '+' || (comma === ',' && end === '');
    const most = isOpen ? Number.POSITIVE_INFINITY : sign === '?' ? 1 : comma === ',' ? Number(end) : least;
    if (
      least > REPETITIONS_MAX ||
      (!isOpen && most > REPETITIONS_MAX) ||
      body.type === 'start' ||
      body.type === 'end'
    ) {
      return null;
    }
    return { type: 'repeat', body, least, most };
  }

  function takeSpecial(special: string): PatternNode | null {
    rest = rest.slice(special.length);
    const single = compileSingle(special);
    return single === null ? null : { type: 'character', accepts: (character) => single.test(character) };
  }

  function take(character: string): boolean {
    if (!rest.startsWith(character)) return false;
    rest = rest.slice(1);
    return true;
  }

  const node = parseChoice(0);
  return rest === '' ? node : null;
}

function literal(character: string): PatternNode {
  return { type: 'character', accepts: (other) => other === character };
}

/** A class or escape on its own: one character against it cannot take long. */
function compileSingle(source: string): RegExp | null {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(`^${source}$`, flags);
    } catch {
      // A needless escape is an error in Unicode mode only.
    }
  }
  return null;
}
