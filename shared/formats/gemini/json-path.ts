/** Deeper arguments than this are no arguments. */
const PATH_STEPS_MAX = 64;

export type JsonPath = readonly (string | number)[];

/** `.name`, `[0]`, `['name']` or `["name"]`, the last two with escapes. */
const STEP = /\.([^.[\]'"]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;

/** A quoted name of RFC 9535, whose escapes are those of JSON and the single quote. */
function unescapeName(name: string): string | null {
  const json = name.replace(/\\.|"/g, (match) => (match === '"' ? '\\"' : match === "\\'" ? "'" : match));
  try {
    return JSON.parse(`"${json}"`) as string;
  } catch {
    return null;
  }
}

/** The steps of a normal JSON path (`$.recipe.steps[0]`), or null when it is none that names one argument. */
export function parseJsonPath(text: string): JsonPath | null {
  if (!text.startsWith('$')) return null;
  const steps: (string | number)[] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < text.length) {
    const match = STEP.exec(text);
    if (match === null || steps.length >= PATH_STEPS_MAX) return null;
    const [, plain, index, single, double] = match;
    const name = plain ?? unescapeName(single ?? double ?? '');
    if (index === undefined && name === null) return null;
    steps.push(index === undefined ? (name ?? '') : Number(index));
  }
  return steps.length === 0 ? null : steps;
}
