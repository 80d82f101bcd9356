import { type BfclDict, type BfclValue, PythonFloat } from './bfcl-values.ts';

/** What the declared type of a parameter says of the text that stands for it. */
export interface DeclaredType {
  readonly type: string;
  readonly item: string | null;
}

/**
 * The value that a piece of Java stands for. What is not written as its type asks for stays a text, which then has the
 * wrong type.
 */
export function readJavaValue(text: string, { type, item }: DeclaredType): BfclValue {
  switch (type) {
    case 'byte':
    case 'short':
    case 'integer':
      return /^-?\d+$/.test(text) ? Number(text) : text;
    case 'long':
      return /^-?\d+[lL]$/.test(text) ? Number(text.slice(0, -1)) : text;
    case 'float':
      return /^-?\d+(\.\d+)?([eE][+-]?\d+)?[fF]$/.test(text) ? new PythonFloat(Number(text.slice(0, -1))) : text;
    case 'double':
      return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? new PythonFloat(Number(text)) : text;
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : text;
    case 'Array':
      return javaItems(/new\s+\w+\[\]\s*\{(.*?)\}/s.exec(text)?.[1], item) ?? text;
    case 'ArrayList':
      return javaArrayList(text, item) ?? text;
    case 'HashMap':
      return javaMap(text) ?? text;
    default:
      return text;
  }
}

function javaItems(list: string | undefined, item: string | null): readonly BfclValue[] | null {
  if (list === undefined) return null;
  const parts = list.split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '').map((part) => javaItem(part, item));
}

function javaItem(part: string, item: string | null): BfclValue {
  const quoted = /^(["'])(.*)\1$/s.exec(part)?.[2];
  if (item === null || item === 'any') return quoted ?? readLiteral(part);
  if (item === 'String' || item === 'char') return quoted ?? part;
  return readJavaValue(part, { type: item, item: null });
}

function javaArrayList(text: string, item: string | null): readonly BfclValue[] | null {
  const listed = /new\s+ArrayList<\w*>\(Arrays\.asList\((.+?)\)\)/s.exec(text)?.[1];
  if (listed !== undefined) return javaItems(listed, item);
  const added = /new\s+ArrayList<\w*>\(\)\s*\{\{\s*(.+?)\s*\}\}/s.exec(text)?.[1];
  if (added !== undefined)
    return [...added.matchAll(/add\((.+?)\)/g)].map((match) => javaItem((match[1] ?? '').trim(), item));
  return /new\s+ArrayList<\w*>\(\)/.test(text) ? [] : null;
}

function javaMap(text: string): BfclDict | null {
  if (!/new\s+HashMap<.*?>\s*\(\)/s.test(text)) return null;
  const entries = [...text.matchAll(/put\("(.*?)",\s*(.*?)\)/g)];
  return Object.fromEntries(entries.map((match) => [match[1] ?? '', javaItem((match[2] ?? '').trim(), null)]));
}

/** The value that a piece of JavaScript stands for. */
export function readJavascriptValue(text: string, { type, item }: DeclaredType): BfclValue {
  switch (type) {
    case 'String':
      return /^(["'])(.*)\1$/s.exec(text)?.[2] ?? text;
    case 'integer':
      return /^-?\d+$/.test(text) ? Number(text) : text;
    case 'float':
      return /^-?\d+(\.\d+)?$/.test(text) ? new PythonFloat(Number(text)) : text;
    case 'Bigint':
      return /^-?\d+n$/.test(text) ? Number(text.slice(0, -1)) : text;
    case 'Boolean':
      return text === 'true' || text === 'false' ? text === 'true' : text;
    case 'array':
      return javascriptList(text, item) ?? text;
    case 'dict':
      return javascriptObject(text) ?? text;
    default:
      return text;
  }
}

function javascriptList(text: string, item: string | null): readonly BfclValue[] | null {
  const code = text.trim();
  const inner = /^\[(.*?)\]/s.exec(code)?.[1] ?? /^new\s+Array\((.*?)\)/s.exec(code)?.[1];
  if (inner === undefined) return null;
  if (inner.trim() === '') return [];
  return inner.split(',').map((part) => {
    const trimmed = part.trim();
    const type = /^["']/.test(trimmed) ? 'String' : (item ?? '');
    return type === ''
      ? (/^(["'])(.*)\1$/s.exec(trimmed)?.[2] ?? readLiteral(trimmed))
      : readJavascriptValue(trimmed, { type, item: null });
  });
}

function javascriptObject(text: string): BfclDict | null {
  const inner = /^\{(.*?)\}/s.exec(text.trim())?.[1];
  if (inner === undefined) return null;
  if (inner.trim() === '') return {};
  const pairs = inner.split(',').map((pair) => pair.split(':'));
  if (pairs.some((pair) => pair.length !== 2)) return null;
  const bare = (part = '') =>
    part
      .trim()
      .replace(/^'+|'+$/g, '')
      .replace(/^"(.*)"$/s, '$1');
  return Object.fromEntries(pairs.map(([key, value]) => [bare(key), readLiteral(bare(value))]));
}

function readLiteral(text: string): BfclValue {
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^-?\d+[lL]?$/.test(text)) return Number(text.replace(/[lL]$/, ''));
  if (/^-?\d*\.?\d+([eE][+-]?\d+)?[fF]?$/.test(text)) return new PythonFloat(Number(text.replace(/[fF]$/, '')));
  return text;
}
