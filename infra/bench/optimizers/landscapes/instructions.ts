/** What a text asks of the model, as the model of a world understands it. */
export interface Instructions {
  readonly rules: ReadonlySet<string>;
  /** Cases whose answers stand in the text. */
  readonly facts: ReadonlySet<string>;
  /** Cases that are shown as demonstrations, in their order. */
  readonly demos: readonly string[];
}

const RULE = /\brule ([a-z]{4,12})\b/g;
const FACT = /\bFor case ([a-z]+-\d+) answer/g;
const DEMO = /\bCase ([a-z]+-\d+):/g;

const remembered = new Map<string, Instructions>();
const REMEMBERED_MAX = 5_000;

export function readInstructions(text: string): Instructions {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  const all = (pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '');
  const instructions = { rules: new Set(all(RULE)), facts: new Set(all(FACT)), demos: [...new Set(all(DEMO))] };
  remembered.set(text, instructions);
  return instructions;
}

export const ruleLine = (rule: string) => `Always apply rule ${rule}.`;
export const factLine = (rowId: string) => `For case ${rowId} answer ${rowId.length * 7}.`;
