import { parseJson } from './json.ts';

/** How a text of arguments fails to be JSON. */
export type MalformedKind =
  | 'fenced json'
  | 'control tokens'
  | 'truncated json'
  | 'single quotes'
  | 'trailing text'
  | 'invalid json';

/** What kind of malformed JSON this is, or null when it parses. No text at all stands for a call without arguments. */
export function malformedKind(text: string): MalformedKind | null {
  const trimmed = text.trim();
  if (trimmed === '' || parseJson(trimmed) !== undefined) return null;
  if (trimmed.startsWith('```')) return 'fenced json';
  if (/<\|[^|]{1,40}\|>|<\/?(tool_call|function_call|think|arg_value)>/.test(trimmed)) return 'control tokens';
  const scan = scanBrackets(trimmed);
  if (scan.closedAt !== -1 && parseJson(trimmed.slice(0, scan.closedAt)) !== undefined) return 'trailing text';
  if (/^\{\s*'/.test(trimmed)) return 'single quotes';
  return scan.open ? 'truncated json' : 'invalid json';
}

/** Where the outermost bracket closes (-1: never), and whether the text ends inside a bracket or string. */
function scanBrackets(text: string): { readonly closedAt: number; readonly open: boolean } {
  let depth = 0;
  let inString = false;
  for (let position = 0; position < text.length; position += 1) {
    const character = text.charAt(position);
    if (inString) {
      if (character === '\\') position += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return { closedAt: position + 1, open: false };
    }
  }
  return { closedAt: -1, open: depth > 0 || inString };
}
