import { isUtf8 } from 'node:buffer';
import { isJsonObject, type JsonObject } from './json-object.ts';
import { type Conversation, createConversationMemory, type KnownList, LATEST_MESSAGES } from './known-conversations.ts';
import { createToolMemory, type ToolMemory } from './known-tools.ts';
import { makeKnown } from './known-values.ts';
import { type OneByteParse, parseOneByte, parseOneByteText } from './one-byte-json.ts';
import { type SplitList, type SplitRequest, splitRequest } from './split-request.ts';

/**
 * Parses requests, and what comes again in them once. An agent sends its whole conversation with every call: the same
 * tools, the same system prompt, and the messages of the call before with a few new ones behind. What stands in a
 * request as the very bytes that were parsed before is parsed as a mark, and comes out as the very same, frozen values,
 * so that an encoder can know them, too.
 *
 * Why that is right: a mark is a text that no client can guess, so where it comes out as an element of `messages`, it
 * stands there in the request and nowhere else; and whole JSON values may stand wherever a JSON string may. Where one
 * does not come out as expected, and for whatever else is odd, the request is parsed as any other.
 */
export interface KnownParts {
  /**
   * As `parseOneByte`, and the same value.
   *
   * @param owner whose request it is: what one owner sent changes nothing for another
   */
  parse(bytes: Buffer, owner: string): OneByteParse;
  /** Gives the memory back of what has not come again for long. To be called now and then. */
  forgetIdle(): void;
}

/** Smaller ones are parsed as fast as found. */
const BODY_BYTES_MIN = 4_096;
/** Larger ones would leave no memory for others. */
const BODY_BYTES_MAX = 4 * 1_024 * 1_024;
const NOTHING: KnownList = { starts: [], ends: [], values: [] };

/**
 * @param deps.mark a text that clients cannot guess, in plain ASCII without quotes and backslashes
 * @param deps.now milliseconds, from any beginning
 */
export function createKnownParts(deps: { readonly mark: string; readonly now: () => number }): KnownParts {
  const conversations = createConversationMemory(deps.now);
  const tools = createToolMemory(deps.now);
  return {
    parse(bytes, owner) {
      if (bytes.length < BODY_BYTES_MIN || bytes.length > BODY_BYTES_MAX) return parseOneByte(bytes);
      const before = conversations.find(owner, bytes);
      const toolsAt = (at: number) => tools.find(owner, bytes, at);
      const split = splitRequest(bytes, { before, toolsAt }, deps.mark);
      const value = split === null ? null : parseSplit(bytes, split);
      if (split === null || value === null) return parseOneByte(bytes);
      learnTools(tools, owner, bytes, split, value);
      const next = conversationOf(bytes, split, value);
      if (next !== null && hasNews(split) && conversations.keep(owner, next, precursor(before, split)))
        makeAllKnown(next);
      return { type: 'parsed', value };
    },
    forgetIdle() {
      conversations.forgetIdle();
      tools.forgetIdle();
    },
  };
}

/** The request with what is known in its place; null when it is something else there. */
function parseSplit(bytes: Buffer, { text, messages, system, tools }: SplitRequest): JsonObject | null {
  if (!isUtf8(bytes)) return null;
  const parsed = parseOneByteText(text);
  if (parsed.type === 'unfit' || !isJsonObject(parsed.value)) return null;
  const { value } = parsed;
  if (!joinList(value, 'messages', messages) || !joinList(value, 'system', system)) return null;
  if (tools?.known !== undefined) {
    if (value['tools'] !== tools.known.mark) return null;
    value['tools'] = tools.known.tools;
  }
  return value;
}

/** Puts what is known into a list; false when the list is not the one that was split. */
function joinList(value: JsonObject, name: string, split: SplitList | undefined): boolean {
  if (split === undefined || split.parts.every((part) => part === null)) return true;
  const list = value[name];
  if (!Array.isArray(list) || list.length !== split.parts.length) return false;
  const joined: unknown[] = [];
  for (const [index, part] of split.parts.entries()) {
    if (part === null) joined.push(list[index]);
    else if (list[index] === part.mark) joined.push(...part.values);
    else return false;
  }
  value[name] = joined;
  return true;
}

function learnTools(
  memory: ToolMemory,
  owner: string,
  bytes: Buffer,
  { tools }: SplitRequest,
  value: JsonObject,
): void {
  const list = value['tools'];
  if (tools === undefined || tools.known !== undefined || !Array.isArray(list)) return;
  memory.learn(owner, bytes.subarray(tools.start, tools.end), list as unknown[]);
}

function conversationOf(bytes: Buffer, { messages, system }: SplitRequest, value: JsonObject): Conversation | null {
  const known = knownList(messages, value['messages']);
  if (known === null || known.values.length === 0) return null;
  return { bytes, messages: known, system: knownList(system, value['system']) ?? NOTHING };
}

function knownList(split: SplitList | undefined, list: unknown): KnownList | null {
  if (split === undefined || !Array.isArray(list) || list.length !== split.starts.length) return null;
  return { starts: split.starts, ends: split.ends, values: list as object[] };
}

/** Whether anything is in the request that was not known. */
function hasNews({ messages, system }: SplitRequest): boolean {
  return messages?.parts.includes(null) === true || system?.parts.includes(null) === true;
}

/** The request that this one goes on from: all of its messages but the latest are known. */
function precursor(before: Conversation | undefined, { messages }: SplitRequest): Conversation | undefined {
  const known = messages?.parts.reduce((sum, part) => sum + (part?.values.length ?? 0), 0) ?? 0;
  if (before === undefined || known === 0) return undefined;
  return known >= before.messages.starts.length - LATEST_MESSAGES ? before : undefined;
}

function makeAllKnown({ messages, system }: Conversation): void {
  for (const { values } of [messages, system]) {
    Object.freeze(values);
    for (const value of values) makeKnown(value);
  }
}
