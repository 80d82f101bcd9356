import { readPythonCalls, type WrittenCall } from './bfcl-python.ts';
import type { AstCategory } from './bfcl-rows.ts';
import { type BfclDict, type BfclValue, isDict, isList, parseBfclJson } from './bfcl-values.ts';

/**
 * The calls of a model's recorded output, or null when it is in none of the forms that the leaderboard reads. As strict
 * as its decoders: what stands in a fence or in a sentence was no call for them.
 */
export function decodeBfclOutput(text: string, category: AstCategory): readonly WrittenCall[] | null {
  const trimmed = text.trim();
  if (trimmed.startsWith('<tool_call>')) return ofJsonParts(trimmed.split(/<\/?tool_call>/));
  if (trimmed.startsWith('<function_call>')) return ofJsonParts(trimmed.split('<function_call>'));
  const json = tryJson(trimmed);
  if (isList(json)) return ofCallList(json);
  if (isDict(json)) return isList(json['tool_calls']) ? ofNamedList(json['tool_calls']) : null;
  const [first = '', ...rest] = trimmed.split('\n');
  if (/^[\w.]+$/.test(first) && rest.length > 0)
    return ofJsonParts([`{"name":${JSON.stringify(first)},"arguments":${rest.join('\n')}}`]);
  if (category === 'simple_java' || category === 'simple_javascript') return readCodeCalls(trimmed, category);
  return readPythonCalls(text);
}

function tryJson(text: string): BfclValue | undefined {
  try {
    return parseBfclJson(text);
  } catch {
    return undefined;
  }
}

/** `{"name": …, "arguments": {…}}`, one for each part that is not blank. */
function ofJsonParts(parts: readonly string[]): readonly WrittenCall[] | null {
  const values = parts.filter((part) => part.trim() !== '').map((part) => tryJson(part.trim()));
  return values.some((value) => value === undefined)
    ? null
    : ofNamedList(values.filter((value) => value !== undefined));
}

function ofNamedList(entries: readonly BfclValue[]): readonly WrittenCall[] | null {
  const calls = entries.map((entry) => {
    if (!isDict(entry) || typeof entry['name'] !== 'string' || !isDict(entry['arguments'])) return null;
    return { name: entry['name'], parameters: entry['arguments'] };
  });
  return calls.some((call) => call === null) ? null : calls.filter((call) => call !== null);
}

/** `[{"name": "{…}"}]`, the arguments as an object or as its text. */
function ofCallList(entries: readonly BfclValue[]): readonly WrittenCall[] | null {
  const calls = entries.map((entry): WrittenCall | null => {
    const pair = isDict(entry) ? Object.entries(entry) : [];
    const [name, given] = pair[0] ?? [];
    if (pair.length !== 1 || name === undefined || given === undefined) return null;
    const parameters = typeof given === 'string' ? tryJson(given) : given;
    return isDict(parameters) ? { name, parameters } : null;
  });
  return calls.some((call) => call === null) ? null : calls.filter((call) => call !== null);
}

const CALL_NAME = /^\s*([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)\s*\(/;

/** `[Name.of(parameter=expression, …)]` of Java or JavaScript; an expression stays a text, a quoted one without quotes. */
function readCodeCalls(text: string, category: AstCategory): readonly WrittenCall[] | null {
  let rest = (text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text).trim().replace(/;$/, '');
  const calls: WrittenCall[] = [];
  while (rest !== '') {
    const opening = CALL_NAME.exec(rest);
    const end = opening === null ? -1 : closingOf(rest, opening[0].length);
    if (opening?.[1] === undefined || end === -1) return null;
    const parameters = codeParameters(splitTopLevel(rest.slice(opening[0].length, end)), category);
    if (parameters === null) return null;
    calls.push({ name: opening[1], parameters });
    rest = rest.slice(end + 1).trim();
    if (rest.startsWith(',') || rest.startsWith(';')) rest = rest.slice(1).trim();
    else if (rest !== '') return null;
  }
  return calls.length === 0 ? null : calls;
}

function codeParameters(parts: readonly string[], category: AstCategory): BfclDict | null {
  const parameters: Record<string, BfclValue> = {};
  for (const part of parts) {
    const [, name, value] = /^\s*([A-Za-z_$][\w$]*)\s*=(?!=)([\s\S]*)$/.exec(part) ?? [];
    // What has no name is not counted.
    if (name === undefined || value === undefined) continue;
    const code = value.trim();
    // A list or an object on its own is no expression of Java.
    if (code === '' || (category === 'simple_java' && /^[[{]/.test(code))) return null;
    const quoted = /^(["'])((?:\\.|(?!\1)[^\\])*)\1$/s.exec(code)?.[2];
    parameters[name] = quoted ?? code;
  }
  return parameters;
}

/** The bracket that closes what is open at a position, quotes aside; -1 where there is none. */
function closingOf(text: string, start: number): number {
  let depth = 1;
  for (const { index, character } of outsideQuotes(text, start)) {
    if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) depth -= 1;
    if (depth === 0) return index;
  }
  return -1;
}

function splitTopLevel(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { index, character } of outsideQuotes(text, 0)) {
    if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) depth -= 1;
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.filter((part) => part.trim() !== '');
}

function* outsideQuotes(
  text: string,
  start: number,
): Generator<{ readonly index: number; readonly character: string }> {
  let quote = '';
  for (let index = start; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (quote !== '') {
      if (character === '\\') index += 1;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'" || character === '`') quote = character;
    else yield { index, character };
  }
}
