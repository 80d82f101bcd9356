import type { CanonicalBody } from '../canonical.ts';
import { isJsonObject } from '../json-object.ts';

const NOT_ASCII = /[^\0-\x7f]/;

/** Kinds of blocks of which codecs only move the texts. What is not known here may be looked into, or even run. */
const MOVED_BLOCKS: ReadonlySet<unknown> = new Set([
  'text',
  'thinking',
  'redacted_thinking',
  'image',
  'document',
  'tool_use',
  'tool_result',
]);
/** Members of a block that codecs compare, hash or rewrite. */
const READ_MEMBERS = ['id', 'name', 'tool_use_id'] as const;

function isPlain(value: unknown): boolean {
  return typeof value !== 'string' || !NOT_ASCII.test(value);
}

function havePlainNames(value: object): boolean {
  for (const name in value) if (NOT_ASCII.test(name)) return false;
  return true;
}

function fitsBlock(block: unknown): boolean {
  if (!isJsonObject(block) || !MOVED_BLOCKS.has(block['type'])) return false;
  for (const member of READ_MEMBERS) if (!isPlain(block[member])) return false;
  const { content } = block;
  return !Array.isArray(content) || content.every(fitsBlock);
}

/** Tools without a schema are run by a server, and what they answer is put into the conversation. */
function fitsTool(tool: unknown): boolean {
  if (!isJsonObject(tool) || !isJsonObject(tool['input_schema'])) return false;
  const { type, name } = tool;
  return (type === undefined || type === 'custom') && isPlain(name) && havePlainNames(tool);
}

/**
 * Whether a request that `parseOneByte` gave can stay as it is: every text that anything on its way looks into is ASCII,
 * and so says what it says. Texts that are only moved may hold anything.
 */
export function fitsOneByte(body: CanonicalBody): boolean {
  const { model, metadata, messages, tools, tool_choice: choice, stop_sequences: stops } = body;
  if (!isPlain(model) || !isPlain(metadata?.user_id) || !havePlainNames(body)) return false;
  if (stops !== undefined && !stops.every(isPlain)) return false;
  if (choice !== undefined && 'name' in choice && !isPlain(choice.name)) return false;
  if (tools !== undefined && !tools.every(fitsTool)) return false;
  return messages.every(({ content }) => typeof content === 'string' || content.every(fitsBlock));
}
