import type { FakeDelivery, FakeMessage, FakeRequest, FakeToolCall } from './fake-reply.ts';

/** How one wire format writes a message; events are whole events of its framing. */
export interface FakeWire {
  readonly path: RegExp;
  /** Where the model is named, when it is not in the body. */
  readonly modelInPath?: RegExp;
  /** Tells a streamed request by its path; the body's `stream` does otherwise. */
  readonly streamPath?: RegExp;
  /** Content type of a stream, when it is not an SSE stream. */
  readonly streamType?: string;
  body(message: FakeMessage, request: FakeRequest): unknown;
  events(message: FakeMessage, request: FakeRequest, delivery: FakeDelivery): (string | Uint8Array)[];
  /** What a strict server refuses, in its words, or null. */
  refuse?(request: FakeRequest, refusedParameters?: readonly string[]): string | null;
  /** The body of an error with this status. */
  error(status: number, message: string): unknown;
}

const PIECE_CHARACTERS = 12;
const CHARACTERS_PER_TOKEN = 4;

export function pieces(text: string, delivery: FakeDelivery): string[] {
  const size = delivery.pieceCharacters ?? PIECE_CHARACTERS;
  const count = Math.ceil(text.length / size);
  return Array.from({ length: count }, (_, index) => text.slice(index * size, (index + 1) * size));
}

export function argumentsText(call: FakeToolCall): string {
  return typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
}

/** A rough but steady count, so that costs and token buckets mean something. */
export function usageOf(
  message: FakeMessage,
  request: FakeRequest,
): { input: number; output: number; cacheRead: number } {
  const said = [message.text ?? '', message.reasoning ?? '', ...(message.toolCalls ?? []).map(argumentsText)].join('');
  const input = message.usage?.input ?? Math.ceil(request.bodyText.length / CHARACTERS_PER_TOKEN);
  const output = message.usage?.output ?? Math.max(1, Math.ceil(said.length / CHARACTERS_PER_TOKEN));
  return { input, output, cacheRead: message.usage?.cacheRead ?? 0 };
}

export function modelOf(message: FakeMessage, request: FakeRequest): string {
  return message.model ?? request.model;
}
