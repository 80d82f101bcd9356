import type { JsonObject } from '#shared/formats/json-object.ts';
import { makeKnown } from '#shared/formats/known-values.ts';

/** The message that a block ended last; by identity, so that it goes with its block. */
const messages = new WeakMap<JsonObject, JsonObject>();

/**
 * A message of blocks; the same frozen object for the same shared blocks. Requests of one session repeat their history, and
 * whoever looks into a message can so remember what was found.
 *
 * @param isText the content is the text of its only block
 */
export function sharedMessage(role: string, blocks: readonly JsonObject[], isText: boolean): JsonObject {
  const last = blocks.at(-1);
  if (last === undefined) throw new RangeError('a message of blocks has at least one');
  const known = messages.get(last);
  if (known !== undefined && known['role'] === role && hasContent(known['content'], blocks, isText)) return known;
  const content = isText ? last['text'] : [...blocks];
  const message = { role, content };
  // A block that is not shared is this request's own, and so is its message.
  if (blocks.every((block) => Object.isFrozen(block))) {
    makeKnown(message);
    messages.set(last, message);
  }
  return message;
}

function hasContent(content: unknown, blocks: readonly JsonObject[], isText: boolean): boolean {
  if (!Array.isArray(content)) return isText;
  return !isText && content.length === blocks.length && content.every((block, index) => block === blocks[index]);
}
