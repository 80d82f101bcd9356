import { type BfclValue, isDict, isList, PythonFloat } from './bfcl-values.ts';

/** One call as a model wrote it. */
export interface WrittenCall {
  readonly name: string;
  readonly parameters: Readonly<Record<string, BfclValue>>;
}

class Unreadable extends Error {}

const NAME = /[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*/y;
const NUMBER = /(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const STRING = /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/y;
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};

/** Calls as Python: `[a(x=1), b.c(y='z')]`, bare, or after one another. Null for anything that is not only that. */
export function readPythonCalls(text: string): readonly WrittenCall[] | null {
  // Python itself does not begin with blanks.
  if (/^\s*\n?[ \t]+\S/.test(text) && !/^\s*\n\S/.test(text)) return null;
  const reader = createReader(text.trim());
  try {
    return reader.calls();
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

function createReader(source: string) {
  let at = 0;

  function skip(): void {
    while (at < source.length && /[\s\\]/.test(source.charAt(at))) at += 1;
  }

  function peek(): string {
    skip();
    return source.charAt(at);
  }

  function take(mark: string): boolean {
    skip();
    if (!source.startsWith(mark, at)) return false;
    at += mark.length;
    return true;
  }

  function need(mark: string): void {
    if (!take(mark)) throw new Unreadable(`${mark} at ${at}`);
  }

  function match(pattern: RegExp): string | null {
    skip();
    pattern.lastIndex = at;
    const found = pattern.exec(source)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  }

  function calls(): readonly WrittenCall[] {
    const found: WrittenCall[] = [];
    const isListed = take('[');
    while (peek() !== '' && peek() !== ']') {
      found.push(call());
      if (!take(',') && !take(';')) break;
    }
    if (isListed) need(']');
    if (peek() !== '') throw new Unreadable(`more at ${at}`);
    return found;
  }

  function call(): WrittenCall {
    const name = match(NAME);
    if (name === null) throw new Unreadable(`name at ${at}`);
    need('(');
    return { name: name.replace(/\s/g, ''), parameters: keywords() };
  }

  /** The leaderboard reads no call whose arguments have no names; within a value any call will do. */
  function keywords(isValue = false): Record<string, BfclValue> {
    const parameters: Record<string, BfclValue> = {};
    while (peek() !== ')') {
      const before = at;
      const name = match(/[A-Za-z_]\w*/y);
      if (name !== null && peek() === '=' && source.charAt(at + 1) !== '=') {
        at += 1;
        parameters[name] = expression();
      } else if (isValue) {
        at = before;
        expression();
      } else throw new Unreadable(`name of an argument at ${at}`);
      if (!take(',')) break;
    }
    need(')');
    return parameters;
  }

  function expression(): BfclValue {
    let value = term();
    for (;;) {
      const sign = take('+') ? '+' : take('-') ? '-' : null;
      if (sign === null) return value;
      value = calculate(sign, value, term());
    }
  }

  function term(): BfclValue {
    let value = factor();
    for (;;) {
      const sign = take('**') ? '**' : take('*') ? '*' : take('/') ? '/' : null;
      if (sign === null) return value;
      value = calculate(sign, value, factor());
    }
  }

  function factor(): BfclValue {
    if (take('-')) return negate(factor());
    const next = peek();
    if (next === '[') return sequence('[', ']');
    if (next === '(') return sequence('(', ')');
    if (next === '{') return dictionary();
    if (/[\d.]/.test(next)) return number();
    const text = match(STRING);
    if (text !== null) return unquote(text);
    return named();
  }

  function sequence(open: string, close: string): BfclValue {
    need(open);
    const members: BfclValue[] = [];
    let hasComma = false;
    while (peek() !== close) {
      members.push(expression());
      if (!take(',')) break;
      hasComma = true;
    }
    need(close);
    const [only] = members;
    return open === '(' && members.length === 1 && !hasComma && only !== undefined ? only : members;
  }

  function dictionary(): BfclValue {
    need('{');
    const members: Record<string, BfclValue> = {};
    while (peek() !== '}') {
      const key = expression();
      need(':');
      if (isList(key) || isDict(key)) throw new Unreadable('key');
      members[String(key instanceof PythonFloat ? key.value : key)] = expression();
      if (!take(',')) break;
    }
    need('}');
    return members;
  }

  function number(): BfclValue {
    const text = match(NUMBER);
    if (text === null) throw new Unreadable(`number at ${at}`);
    const value = Number(text.replaceAll('_', ''));
    return /[.eE]/.test(text) ? new PythonFloat(value) : value;
  }

  /** A variable, or an expression about one, stands as its own text. */
  function named(): BfclValue {
    const start = at;
    const name = match(NAME);
    if (name === null) throw new Unreadable(`value at ${at}`);
    if (name === 'True' || name === 'False') return name === 'True';
    if (name === 'None') return null;
    if (name === 'lambda') throw new Unreadable('lambda');
    while (source.charAt(at) === '(' || source.charAt(at) === '[') {
      if (source.charAt(at) === '(') {
        at += 1;
        keywords(true);
      } else sequence('[', ']');
    }
    return source.slice(start, at).trim();
  }

  return { calls };
}

function unquote(text: string): string {
  const width = /^("""|''')/.test(text) ? 3 : 1;
  return text.slice(width, -width).replace(/\\([\s\S])/g, (whole, letter: string) => ESCAPES[letter] ?? whole);
}

function negate(value: BfclValue): BfclValue {
  if (value instanceof PythonFloat) return new PythonFloat(-value.value);
  if (typeof value !== 'number') throw new Unreadable('sign');
  return -value;
}

function calculate(sign: string, left: BfclValue, right: BfclValue): BfclValue {
  if (sign === '+' && typeof left === 'string' && typeof right === 'string') return left + right;
  const isFloat = left instanceof PythonFloat || right instanceof PythonFloat || sign === '/';
  const [a, b] = [left, right].map((value) => (value instanceof PythonFloat ? value.value : value));
  if (typeof a !== 'number' || typeof b !== 'number') throw new Unreadable('sum');
  const result = sign === '+' ? a + b : sign === '-' ? a - b : sign === '*' ? a * b : sign === '/' ? a / b : a ** b;
  return isFloat ? new PythonFloat(result) : result;
}
