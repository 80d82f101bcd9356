import { deepFreeze } from '#shared/deep-freeze.ts';
import { isJsonObject, type JsonObject } from '#shared/formats/json-object.ts';
import type { CacheMark } from './transcript-layout.ts';

/** A block as it is stored and keyed, and what was taken off it. */
export interface NormalisedBlock {
  readonly block: JsonObject;
  /** Names of fields that were null; clients drop them when they send a block again. */
  readonly nullNames: readonly string[];
  readonly marks: readonly Omit<CacheMark, 'at'>[];
}

/** A letter first: `__proto__` and its like are never taken off and set again. */
const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,39}$/;
const PLAIN_VALUE = /^[A-Za-z0-9_.-]{1,40}$/;
const CACHE_CONTROL_FIELDS_MAX = 8;

/**
 * Takes off what moves from call to call while the content stays: cache breakpoints, on the block and on the parts of
 * a tool result, and null fields. Anything that does not look like a vendor's own field stays in the block.
 */
export function normaliseBlock(given: JsonObject): NormalisedBlock {
  const marks: Omit<CacheMark, 'at'>[] = [];
  let block = given;
  const own = plainCacheControl(block['cache_control']);
  if (own !== null) {
    marks.push({ cacheControl: own });
    block = without(block, 'cache_control');
  }
  const parts = block['content'];
  if (Array.isArray(parts)) {
    const stripped = parts.map((part: unknown, nested) => {
      const cacheControl = isJsonObject(part) ? plainCacheControl(part['cache_control']) : null;
      if (cacheControl === null || !isJsonObject(part)) return part;
      marks.push({ nested, cacheControl });
      return without(part, 'cache_control');
    });
    if (marks.some((mark) => mark.nested !== undefined)) block = { ...block, content: stripped };
  }
  const nullNames = Object.keys(block).filter((name) => block[name] === null && PLAIN_NAME.test(name));
  for (const name of nullNames) block = without(block, name);
  return { block, nullNames, marks };
}

/** Puts back what `normaliseBlock` took off. A block of which nothing was taken is given back itself, not a copy. */
export function restoreBlock(
  block: JsonObject,
  nullNames: readonly string[],
  marks: readonly Omit<CacheMark, 'at'>[],
): JsonObject {
  if (nullNames.length === 0 && marks.length === 0) return block;
  if (!Object.isFrozen(block)) return restoredBlock(block, nullNames, marks);
  const how = JSON.stringify([nullNames, marks]);
  const known = restored.get(block);
  if (known?.how === how) return known.block;
  const made = { how, block: deepFreeze(restoredBlock(block, nullNames, marks)) };
  restored.set(block, made);
  return made.block;
}

/** What was made of a shared block last: a system prompt has the same breakpoint in every request. */
const restored = new WeakMap<JsonObject, { readonly how: string; readonly block: JsonObject }>();

function restoredBlock(
  block: JsonObject,
  nullNames: readonly string[],
  marks: readonly Omit<CacheMark, 'at'>[],
): JsonObject {
  let changed = { ...block };
  for (const name of nullNames) changed[name] = null;
  for (const { nested, cacheControl } of marks) {
    const parts = changed['content'];
    if (nested === undefined) changed = { ...changed, cache_control: cacheControl };
    else if (Array.isArray(parts)) {
      const marked = parts.map((part: unknown, at) =>
        at === nested && isJsonObject(part) ? { ...part, cache_control: cacheControl } : part,
      );
      changed = { ...changed, content: marked };
    }
  }
  return changed;
}

function plainCacheControl(value: unknown): Record<string, string> | null {
  if (!isJsonObject(value)) return null;
  const fields = Object.entries(value);
  if (fields.length > CACHE_CONTROL_FIELDS_MAX) return null;
  const plain: Record<string, string> = {};
  for (const [name, member] of fields) {
    if (typeof member !== 'string' || !PLAIN_NAME.test(name) || !PLAIN_VALUE.test(member)) return null;
    plain[name] = member;
  }
  return plain;
}

function without(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}
