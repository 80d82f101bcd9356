import { isRecord, parseJson } from './json.ts';

/** Arguments beyond this are not searched; a merged call of that size is not worth the scan. */
const SCANNED_CHARACTERS_MAX = 1_000_000;

/**
 * The JSON objects of a text that is nothing but JSON objects after one another, however separated by blanks, commas
 * or semicolons: what is left when several calls' arguments were written into one call. Null for any other text, one
 * object included.
 */
export function splitConcatenatedObjects(text: string): readonly string[] | null {
  if (text.length > SCANNED_CHARACTERS_MAX) return null;
  const objects: string[] = [];
  let position = 0;
  while (position < text.length) {
    if (/[\s,;]/.test(text.charAt(position))) {
      position += 1;
      continue;
    }
    const end = endOfObject(text, position);
    if (end === -1 || !isRecord(parseJson(text.slice(position, end)))) return null;
    objects.push(text.slice(position, end));
    position = end;
  }
  return objects.length >= 2 ? objects : null;
}

/** Position after the object that starts here, or -1. Braces inside strings do not count. */
function endOfObject(text: string, start: number): number {
  if (text.charAt(start) !== '{') return -1;
  let depth = 0;
  let inString = false;
  for (let position = start; position < text.length; position += 1) {
    const character = text.charAt(position);
    if (inString) {
      if (character === '\\') position += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return position + 1;
    }
  }
  return -1;
}
