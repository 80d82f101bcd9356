import { isBillingText } from '../billing-block.ts';
import type { CanonicalBody } from '../canonical.ts';
import type { EncodeTarget } from '../encode-target.ts';
import type { Encoding } from '../encoding.ts';
import { isKnownValue } from '../known-values.ts';
import type { Loss } from '../loss.ts';
import type { CommonStart } from '../write-once.ts';
import type { ChatMessage } from './chat-request.ts';

type Messages = CanonicalBody['messages'];
type System = CanonicalBody['system'];

/**
 * The beginning of a conversation as it was written before, up to where the assistant begins to speak: what comes from
 * there on changes nothing of it.
 */
export interface KnownTurns {
  readonly system: System;
  readonly hasCacheKey: boolean;
  readonly messages: Messages;
  readonly written: CommonStart & { readonly elements: readonly ChatMessage[] };
  readonly losses: readonly Loss[];
}

/** What was written for each target, by the last of its messages. */
const written = new WeakMap<EncodeTarget, WeakMap<object, KnownTurns>>();

/** How far back turns are looked for, and breakpoints, which clients move on from call to call. */
const TURNS_LOOKED_AT_MAX = 32;
const MARKED_MESSAGES_MAX = 8;

/** The longest beginning of the request's conversation that was written for this target. */
export function findKnownTurns(encoding: Encoding, { system, messages }: CanonicalBody): KnownTurns | undefined {
  const known = written.get(encoding.target);
  if (known === undefined) return undefined;
  let at = turnBefore(messages, messages.length - 1);
  for (let looks = 0; at > 0 && looks < TURNS_LOOKED_AT_MAX; looks += 1) {
    const turns = known.get(messages[at - 1] as object);
    if (
      turns?.messages.length === at &&
      turns.hasCacheKey === (encoding.hasCacheKey === true) &&
      turns.messages.every((message, index) => message === messages[index]) &&
      isSameSystem(turns.system, system)
    ) {
      return turns;
    }
    at = turnBefore(messages, at - 1);
  }
  return undefined;
}

/**
 * Up to which message, exclusive, the next request of the conversation will have the same ones; 0 when nothing is worth
 * keeping. Messages with a cache breakpoint near the end will come without it.
 */
export function turnsToKeep(messages: Messages): number {
  let last = messages.length - 1;
  for (let index = Math.max(0, messages.length - MARKED_MESSAGES_MAX); index < last; index += 1) {
    if (isMarked(messages[index])) last = index;
  }
  const at = turnBefore(messages, last);
  return at > 0 && isKnownValue(messages[at - 1]) ? at : 0;
}

/**
 * Keeps what the first `count` messages were written as.
 *
 * @param before what was known of them
 */
export function keepTurns(
  { target, hasCacheKey, losses }: Encoding,
  body: CanonicalBody,
  count: number,
  elements: readonly ChatMessage[],
  before: KnownTurns | undefined,
): void {
  const messages = body.messages.slice(0, count);
  const last = messages.at(-1);
  if (last === undefined || elements.length === 0) return;
  const known = written.get(target) ?? new WeakMap<object, KnownTurns>();
  written.set(target, known);
  known.set(last, {
    system: body.system,
    hasCacheKey: hasCacheKey === true,
    messages,
    written: { elements: [...elements], json: null, before: before?.written ?? null },
    losses: [...losses],
  });
}

/** Where the last assistant turn that begins at or before `last` begins; 0 when there is none behind another message. */
function turnBefore(messages: Messages, last: number): number {
  for (let index = last; index > 0; index -= 1) {
    if (messages[index]?.role === 'assistant' && messages[index - 1]?.role !== 'assistant') return index;
  }
  return 0;
}

function isMarked(message: Messages[number] | undefined): boolean {
  const content = message?.content;
  return Array.isArray(content) && content.some((block) => 'cache_control' in block);
}

/** Whether two system prompts are written alike. Blocks that name the client are left out, so that they may differ. */
function isSameSystem(one: System, other: System): boolean {
  if (one === other) return true;
  if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
  return one.every((block, index) => {
    const same = other[index];
    if (block === same) return true;
    if (same === undefined) return false;
    return isBillingText(block.text)
      ? isBillingText(same.text)
      : isPlainText(block) && isPlainText(same) && block.text === same.text;
  });
}

function isPlainText(block: object): boolean {
  return Object.keys(block).every((name) => name === 'type' || name === 'text');
}
