import { createHash } from 'node:crypto';
import { isJsonObject } from '#shared/formats/json-object.ts';

/**
 * What the tool calls of an answer are known by: their ids, which are unique in a conversation. Clients send a tool call
 * back with its arguments completed by defaults, so that its content is not always what was delivered.
 *
 * @param content content of an assistant message
 * @returns null when it calls no tool
 */
export function toolUseKeyOf(content: unknown): Buffer | null {
  if (!Array.isArray(content)) return null;
  const ids = content.flatMap((block) =>
    isJsonObject(block) && block['type'] === 'tool_use' && typeof block['id'] === 'string' ? [block['id']] : [],
  );
  if (ids.length === 0) return null;
  return createHash('sha256').update(JSON.stringify(ids.sort())).digest();
}
