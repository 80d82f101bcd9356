import type { JsonObject } from '#shared/formats/json-object.ts';
import { makeKnown } from '#shared/formats/known-values.ts';

/** The list that a tool ended last; by identity, so that it goes with its tool. */
const lists = new WeakMap<JsonObject, readonly JsonObject[]>();

/** The tools of a request; the same frozen list for the same tools, so that what is made of them is made once. */
export function sharedTools(tools: readonly JsonObject[]): readonly JsonObject[] {
  const last = tools.at(-1);
  if (last === undefined || !tools.every((tool) => Object.isFrozen(tool))) return tools;
  const known = lists.get(last);
  if (known?.length === tools.length && known.every((tool, index) => tool === tools[index])) return known;
  const list = Object.freeze([...tools]);
  lists.set(last, list);
  makeKnown(list);
  return list;
}
