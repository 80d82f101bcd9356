import { type BfclValue, isDict, isList, PythonFloat } from './bfcl-values.ts';

/** One call as a model wrote it. */
export interface WrittenCall {
  readonly name: string;
  readonly parameters: Readonly<Record<string, BfclValue>>;
}

class Unreadable extends Error {}

const NAME = /[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*/y;
const KEYWORD = /[A-Za-z_]\w*/y;
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
  try {
    return readCalls({ source: text.trim(), at: 0 });
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

/** A source and how far it has been read. */
interface Cursor {
  readonly source: string;
  at: number;
}

function peek(cursor: Cursor): string {
  while (cursor.at < cursor.source.length && /[\s\\]/.test(cursor.source.charAt(cursor.at))) cursor.at += 1;
  return cursor.source.charAt(cursor.at);
}

function take(cursor: Cursor, mark: string): boolean {
  peek(cursor);
  if (!cursor.source.startsWith(mark, cursor.at)) return false;
  cursor.at += mark.length;
  return true;
}

function need(cursor: Cursor, mark: string): void {
  if (!take(cursor, mark)) throw new Unreadable(`${mark} at ${cursor.at}`);
}

function match(cursor: Cursor, pattern: RegExp): string | null {
  peek(cursor);
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.source)?.[0] ?? null;
  if (found !== null) cursor.at += found.length;
  return found;
}

function readCalls(cursor: Cursor): readonly WrittenCall[] {
  const found: WrittenCall[] = [];
  const isListed = take(cursor, '[');
  while (peek(cursor) !== '' && peek(cursor) !== ']') {
    found.push(readCall(cursor));
    if (!take(cursor, ',') && !take(cursor, ';')) break;
  }
  if (isListed) need(cursor, ']');
  if (peek(cursor) !== '') throw new Unreadable(`more at ${cursor.at}`);
  return found;
}

function readCall(cursor: Cursor): WrittenCall {
  const name = match(cursor, NAME);
  if (name === null) throw new Unreadable(`name at ${cursor.at}`);
  need(cursor, '(');
  return { name: name.replace(/\s/g, ''), parameters: readKeywords(cursor, false) };
}

/** The leaderboard reads no call whose arguments have no names; within a value any call will do. */
function readKeywords(cursor: Cursor, isValue: boolean): Record<string, BfclValue> {
  const parameters: Record<string, BfclValue> = {};
  while (peek(cursor) !== ')') {
    const before = cursor.at;
    const name = match(cursor, KEYWORD);
    if (name !== null && peek(cursor) === '=' && cursor.source.charAt(cursor.at + 1) !== '=') {
      cursor.at += 1;
      parameters[name] = readExpression(cursor);
    } else if (isValue) {
      cursor.at = before;
      readExpression(cursor);
    } else throw new Unreadable(`name of an argument at ${cursor.at}`);
    if (!take(cursor, ',')) break;
  }
  need(cursor, ')');
  return parameters;
}

function readExpression(cursor: Cursor): BfclValue {
  let value = readTerm(cursor);
  for (;;) {
    const sign = take(cursor, '+') ? '+' : take(cursor, '-') ? '-' : null;
    if (sign === null) return value;
    value = calculate(sign, value, readTerm(cursor));
  }
}

function readTerm(cursor: Cursor): BfclValue {
  let value = readFactor(cursor);
  for (;;) {
    const sign = take(cursor, '**') ? '**' : take(cursor, '*') ? '*' : take(cursor, '/') ? '/' : null;
    if (sign === null) return value;
    value = calculate(sign, value, readFactor(cursor));
  }
}

function readFactor(cursor: Cursor): BfclValue {
  if (take(cursor, '-')) return negate(readFactor(cursor));
  const next = peek(cursor);
  if (next === '[') return readSequence(cursor, '[', ']');
  if (next === '(') return readSequence(cursor, '(', ')');
  if (next === '{') return readDictionary(cursor);
  if (/[\d.]/.test(next)) return readNumber(cursor);
  const text = match(cursor, STRING);
  return text === null ? readNamed(cursor) : unquote(text);
}

function readSequence(cursor: Cursor, open: string, close: string): BfclValue {
  need(cursor, open);
  const members: BfclValue[] = [];
  let hasComma = false;
  while (peek(cursor) !== close) {
    members.push(readExpression(cursor));
    if (!take(cursor, ',')) break;
    hasComma = true;
  }
  need(cursor, close);
  const [only] = members;
  return open === '(' && members.length === 1 && !hasComma && only !== undefined ? only : members;
}

function readDictionary(cursor: Cursor): BfclValue {
  need(cursor, '{');
  const members: Record<string, BfclValue> = {};
  while (peek(cursor) !== '}') {
    const key = readExpression(cursor);
    need(cursor, ':');
    if (isList(key) || isDict(key)) throw new Unreadable('key');
    members[String(key instanceof PythonFloat ? key.value : key)] = readExpression(cursor);
    if (!take(cursor, ',')) break;
  }
  need(cursor, '}');
  return members;
}

function readNumber(cursor: Cursor): BfclValue {
  const text = match(cursor, NUMBER);
  if (text === null) throw new Unreadable(`number at ${cursor.at}`);
  const value = Number(text.replaceAll('_', ''));
  return /[.eE]/.test(text) ? new PythonFloat(value) : value;
}

/** A variable, or an expression about one, stands as its own text. */
function readNamed(cursor: Cursor): BfclValue {
  const start = cursor.at;
  const name = match(cursor, NAME);
  if (name === null || name === 'lambda') throw new Unreadable(`value at ${cursor.at}`);
  if (name === 'True' || name === 'False') return name === 'True';
  if (name === 'None') return null;
  for (let next = cursor.source.charAt(cursor.at); next === '(' || next === '['; ) {
    if (next === '[') readSequence(cursor, '[', ']');
    else {
      cursor.at += 1;
      readKeywords(cursor, true);
    }
    next = cursor.source.charAt(cursor.at);
  }
  return cursor.source.slice(start, cursor.at).trim();
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
