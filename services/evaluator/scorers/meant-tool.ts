import { encodeToolName } from '#shared/formats/tool-name.ts';

/** Names of this length or more are cut by servers that allow 64 characters. */
const CUT_CHARACTERS_MIN = 48;

/** How a name differs from the one in the catalogue that it stands for. */
export type Mangling = 'shortened' | 'respelt';

/** The tool that a name outside of the catalogue was meant to be, or null when it is no form of any. */
export function meantTool(called: string, names: Iterable<string>): { name: string; mangling: Mangling } | null {
  const spelt = normaliseName(called);
  for (const name of names) {
    if (name === called) return null;
    if (encodeToolName(name) === called) return { name, mangling: 'shortened' };
    if (called.length >= CUT_CHARACTERS_MIN && encodeStart(name).startsWith(called)) {
      return { name, mangling: 'shortened' };
    }
    if (spelt !== '' && (normaliseName(name) === spelt || lastPart(name) === spelt))
      return { name, mangling: 'respelt' };
  }
  return null;
}

/** A name written otherwise: case, separators and the prefixes that models and translators put before it. */
function normaliseName(name: string): string {
  return name
    .replace(/^(?:functions?|tools?|default_api|namespace)[.:]+|^mcp__/i, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** `mcp__server__tool` without the server; empty for a name without such parts. */
function lastPart(name: string): string {
  const at = name.lastIndexOf('__');
  return name.startsWith('mcp__') && at > 4 ? normaliseName(name.slice(at + 2)) : '';
}

function encodeStart(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '_');
}
