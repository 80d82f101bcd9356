import { canonicalJson } from '#shared/content-hash.ts';
import { isRecord, type JsonRecord } from '../json.ts';

const identities = new WeakMap<object, string>();

/** What equal calls share: the arguments in any order of their properties. */
export function argumentsIdentity(input: unknown): string {
  if (typeof input !== 'object' || input === null) return canonicalJson(input ?? null);
  const known = identities.get(input);
  if (known !== undefined) return known;
  const identity = isFlat(input) ? flatIdentity(input) : canonicalJson(input);
  identities.set(input, identity);
  return identity;
}

/** Most arguments are texts and numbers beside each other, and every turn brings those of all turns before. */
function isFlat(input: object): input is JsonRecord {
  return !Array.isArray(input) && Object.values(input).every((value) => typeof value !== 'object' || value === null);
}

function flatIdentity(input: JsonRecord): string {
  const names = Object.keys(input);
  const isSorted = names.every((name, index) => index === 0 || (names[index - 1] ?? '') < name);
  if (isSorted) return JSON.stringify(input);
  return JSON.stringify(Object.fromEntries(names.sort().map((name) => [name, input[name]])));
}

/** The same tool with the same arguments. */
export function isSameCall(
  left: { readonly name: string; readonly input: unknown },
  right: { readonly name: string; readonly input: unknown },
): boolean {
  return (
    left.name === right.name &&
    argumentsSketch(left.input) === argumentsSketch(right.input) &&
    argumentsIdentity(left.input) === argumentsIdentity(right.input)
  );
}

/** How many different calls there are. Few are alike at a glance, and only those are written out to be compared. */
export function countDistinctCalls(calls: readonly { readonly name: string; readonly input: unknown }[]): number {
  const alike = new Map<number, { readonly name: string; readonly input: unknown }[]>();
  for (const call of calls) {
    const sketch = argumentsSketch(call.input) + call.name.length;
    const group = alike.get(sketch);
    if (group === undefined) alike.set(sketch, [call]);
    else group.push(call);
  }
  let count = 0;
  for (const group of alike.values()) {
    const written = () => group.map(({ name, input }) => `${name} ${argumentsIdentity(input)}`);
    count += group.length === 1 ? 1 : new Set(written()).size;
  }
  return count;
}

/** A number that equal arguments share, in any order of their properties; others may have it, too. */
function argumentsSketch(input: unknown): number {
  if (!isRecord(input)) return 0;
  let sketch = 0;
  for (const name in input) {
    const value = input[name];
    // What has no value does not stand in the text of the arguments.
    if (value === undefined || value === null) continue;
    sketch = (sketch + (name.length + 1) * sketchOf(value)) | 0;
  }
  return sketch;
}

function sketchOf(value: unknown): number {
  if (typeof value === 'number') return (value | 0) + 7;
  if (typeof value !== 'string' || value === '') return 1;
  return 31 * value.length + value.charCodeAt(value.length >> 1);
}
