import type { Replacement } from './file-action.ts';

/** Why a replacement cannot be made in a text. */
export type ReplacementFault = 'absent' | 'ambiguous';

export type Replaced =
  | { readonly type: 'replaced'; readonly content: string }
  | { readonly type: 'fault'; readonly fault: ReplacementFault; readonly replacement: Replacement };

/** Puts the replacements into a text, one after the other, as the editing tools of agents do. */
export function applyReplacements(content: string, replacements: readonly Replacement[]): Replaced {
  let text = content;
  for (const replacement of replacements) {
    const found = findActual(text, replacement.oldText);
    if (found === null) return { type: 'fault', fault: 'absent', replacement };
    const parts = text.split(found);
    if (parts.length > 2 && !replacement.all) return { type: 'fault', fault: 'ambiguous', replacement };
    text = parts.join(replacement.newText);
  }
  return { type: 'replaced', content: text };
}

/**
 * The text as it stands in the file, or null. Curly quotes count as straight ones, as they do for the tools, and a view
 * of a file does not show whether its last line ends.
 */
function findActual(content: string, sought: string): string | null {
  if (sought === '') return null;
  const text = sought.replaceAll('\r\n', '\n');
  if (content.includes(text)) return text;
  const unended = text.replace(/\n+$/, '');
  if (unended !== '' && unended !== text && content.endsWith(unended)) return unended;
  const straight = straightenQuotes(text);
  const at = straightenQuotes(content).indexOf(straight);
  return at === -1 ? null : content.slice(at, at + straight.length);
}

function straightenQuotes(text: string): string {
  return text.replace(/[\u2018\u2019]/g, "'").replace(/[\u201c\u201d]/g, '"');
}
