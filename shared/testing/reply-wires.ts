import type { ReplyShape } from '../formats/replies/reply-shape.ts';
import { encodeSseEvent } from '../upstream/sse.ts';
import { encodeConverseStream } from './play-converse-stream.ts';
import { anthropicWire } from './reply-wires/anthropic-wire.ts';
import { chatWire } from './reply-wires/chat-wire.ts';
import { cohereWire } from './reply-wires/cohere-wire.ts';
import { converseWire } from './reply-wires/converse-wire.ts';
import { geminiWire } from './reply-wires/gemini-wire.ts';
import { interactionsWire } from './reply-wires/interactions-wire.ts';
import type { ReplyWire } from './reply-wires/reply-wire.ts';
import { responsesWire } from './reply-wires/responses-wire.ts';

/** Every wire shape that there is a decoder for. */
export const REPLY_WIRES: Readonly<Record<ReplyShape, ReplyWire>> = {
  'anthropic-messages': anthropicWire,
  'bedrock-converse': converseWire,
  'cohere-chat': cohereWire,
  gemini: geminiWire,
  'gemini-interactions': interactionsWire,
  'openai-chat': chatWire,
  'openai-responses': responsesWire,
};

/** The text of each event as its server writes it. */
export function wireTexts(shape: ReplyShape, events: readonly object[]): readonly string[] {
  const { nameOf, hasEndMark } = REPLY_WIRES[shape];
  const texts = events.map((event) => encodeSseEvent({ event: nameOf?.(event), data: JSON.stringify(event) }));
  return hasEndMark === true ? [...texts, encodeSseEvent({ data: '[DONE]' })] : texts;
}

/** The bytes of a stream, framed as its server frames it. */
export function wireBytes(shape: ReplyShape, events: readonly object[]): Buffer {
  if (shape === 'bedrock-converse') return encodeConverseStream(events as readonly Record<string, object>[]);
  return Buffer.from(wireTexts(shape, events).join(''));
}
