import { createSseParser } from '#shared/upstream/sse.ts';
import { isRecord, type JsonRecord, parseJson } from './json.ts';
import { readAnthropicEvent, readAnthropicMessage } from './raw/anthropic-reply.ts';
import { readBedrockEvent, readBedrockReply } from './raw/bedrock-reply.ts';
import { type CollectedReply, createCollectedReply } from './raw/collected-reply.ts';
import { readGeminiReply } from './raw/gemini-reply.ts';
import { readOpenaiChoice } from './raw/openai-chat-reply.ts';
import { readResponsesEvent, readResponsesReply } from './raw/openai-responses-reply.ts';

/** One tool call as the upstream wrote it, its arguments as text and not interpreted. */
export interface RawToolCall {
  readonly id: string;
  readonly name: string;
  readonly argumentsText: string;
  /** What the text says as JSON: an empty object for no text at all, undefined for what is no JSON. */
  readonly parsed: unknown;
}

export interface RawReply {
  readonly toolCalls: readonly RawToolCall[];
  /** What the upstream meant to be seen, all of it together; thoughts in fields of their own are none. */
  readonly text: string;
  /** Why the upstream says it stopped, in its own word. */
  readonly stopReason: string | null;
}

/**
 * Reads tool calls and text from an upstream's raw reply of any of our wire formats, whole or streamed. It shares no code
 * with the translator on purpose: what checks a translation must not repeat its mistakes.
 *
 * @returns null when the text is no reply of any kind
 */
export function extractRawReply(text: string): RawReply | null {
  const collected = createCollectedReply();
  const whole = parseJson(text);
  if (isRecord(whole)) readWhole(whole, collected);
  else if (Array.isArray(whole)) for (const part of whole) readData(part, null, collected);
  else readStream(text, collected);
  if (!collected.isRecognised) return null;
  const toolCalls = collected.toolCalls.map(({ id, name, argumentsText }) => {
    const parsed = argumentsText.trim() === '' ? {} : parseJson(argumentsText);
    return { id, name, argumentsText, parsed };
  });
  return { toolCalls, text: collected.text, stopReason: collected.stopReason };
}

function readWhole(reply: JsonRecord, collected: CollectedReply): void {
  const { content, output } = reply;
  if (Array.isArray(content)) readAnthropicMessage(reply, collected);
  else if (Array.isArray(output)) readResponsesReply(reply, collected);
  else if (isRecord(output)) readBedrockReply(reply, collected);
  else readData(reply, null, collected);
}

function readStream(text: string, collected: CollectedReply): void {
  const parser = createSseParser();
  for (const event of [...parser.push(Buffer.from(text)), ...parser.end()]) {
    readData(parseJson(event.data), event.event ?? null, collected);
  }
}

function readData(data: unknown, name: string | null, collected: CollectedReply): void {
  if (!isRecord(data)) return;
  const { choices, candidates, type } = data;
  if (Array.isArray(choices)) readOpenaiChoice(choices[0], collected);
  else if (Array.isArray(candidates)) readGeminiReply(candidates[0], collected);
  else if (typeof type === 'string' && type.startsWith('response.')) readResponsesEvent(data, collected);
  else if (typeof type === 'string') readAnthropicEvent(data, collected);
  else readBedrockEvent(data, name, collected);
}
