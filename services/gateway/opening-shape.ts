import type { TurnShape } from '#shared/domain/turn-shape.ts';
import type { Canonical, CanonicalBody } from '#shared/formats/canonical.ts';
import { turnShapeOf } from '#shared/routing/turn-shape.ts';
import { estimateInputTokens } from './estimate-input-tokens.ts';

/** What the size of an opening was worked out from, and what it came to. */
interface KnownSize {
  readonly system: unknown;
  readonly tools: unknown;
  readonly last: unknown;
  readonly tokens: number;
}

/** By the first message: of a conversation that is known from call to call it is the same object. */
const knownSizes = new WeakMap<object, KnownSize>();

/**
 * The turn shape of the request with which a call's conversation opened, which every later request carries in itself. What
 * is learned of shapes routes by it: a conversation so stays with its route, and with the model and the prompt that this
 * gave it, whatever shapes its turns have; one that its client has compacted, or a sub-agent's, has an opening of its own.
 * The opening itself has this shape, so that what is learned of sessions by the shape of their main call is learned of
 * what routed all of them.
 */
export function openingShapeOf({ body, isOneByte }: Pick<Canonical, 'body' | 'isOneByte'>): TurnShape {
  const messages = openingOf(body);
  return turnShapeOf({ ...shapedBy(body), messages }, openingTokens(body, messages, isOneByte === true));
}

function openingOf({ messages }: Pick<CanonicalBody, 'messages'>): CanonicalBody['messages'] {
  const answered = messages.findIndex((message) => message.role === 'assistant');
  return answered < 0 ? messages : messages.slice(0, answered);
}

function shapedBy({ tools, tool_choice }: CanonicalBody) {
  return { ...(tools == null ? {} : { tools }), ...(tool_choice == null ? {} : { tool_choice }) };
}

/** By the bytes of what an opening consists of; without the rest of the request, which later requests may have otherwise. */
function openingTokens(body: CanonicalBody, messages: CanonicalBody['messages'], isOneByte: boolean): number {
  const [first] = messages;
  const { system, tools } = body;
  const last = messages.at(-1);
  const known = first === undefined ? undefined : knownSizes.get(first);
  if (known !== undefined && known.system === system && known.tools === tools && known.last === last)
    return known.tokens;
  const encoding = isOneByte ? 'latin1' : 'utf8';
  const bytes = [system, tools, messages].reduce<number>(
    (sum, part) => sum + (part === undefined ? 0 : Buffer.byteLength(JSON.stringify(part), encoding)),
    0,
  );
  const tokens = estimateInputTokens({ messages }, bytes);
  if (first !== undefined) knownSizes.set(first, { system, tools, last, tokens });
  return tokens;
}
