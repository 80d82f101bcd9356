import Anthropic from '@anthropic-ai/sdk';
import type { CallRecord } from '#shared/domain/call-record.ts';
import type { CanonicalStreamEvent } from '#shared/formats/canonical.ts';
import { isJsonObject, type JsonObject } from '#shared/formats/json-object.ts';
import { createSseParser, type SseEvent } from '#shared/upstream/sse.ts';
import type { Answer } from './answer.ts';
import type { RawAnswer } from './ask-gateway.ts';
import type { Column } from './columns.ts';
import type { Observed } from './conformance-case.ts';
import type { Received } from './script.ts';
import { fields, type SentRequest } from './sent-request.ts';

const NOTHING_SENT: SentRequest = { system: '', items: [], tools: [], maxTokens: undefined, stops: undefined };

function parseJson(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function isStreamAnswer({ headers }: RawAnswer): boolean {
  return String(headers['content-type']).startsWith('text/event-stream');
}

function sseEvents(bytes: Buffer): readonly SseEvent[] {
  const parser = createSseParser();
  return [...parser.push(bytes), ...parser.end()];
}

/** Plays an answer to Anthropic's own client. */
async function readWithSdk(raw: RawAnswer): Promise<Anthropic.Message | null> {
  const client = new Anthropic({
    apiKey: 'oracle',
    baseURL: 'http://oracle.invalid',
    maxRetries: 0,
    fetch: async () => {
      const type = isStreamAnswer(raw) ? 'text/event-stream' : 'application/json';
      return new Response(new Uint8Array(raw.bytes), { status: raw.status, headers: { 'content-type': type } });
    },
  });
  const question = { model: 'oracle', max_tokens: 1, messages: [{ role: 'user' as const, content: 'oracle' }] };
  try {
    return isStreamAnswer(raw)
      ? await client.messages.stream(question).finalMessage()
      : await client.messages.create(question);
  } catch {
    return null;
  }
}

function errorOf(value: unknown): Observed['error'] {
  const error = fields(fields(value)['error']);
  if (typeof error['message'] !== 'string') return null;
  return { type: String(error['type']), message: error['message'], details: error['details'] };
}

export interface ObservedFacts {
  readonly raw: RawAnswer;
  readonly column: Column;
  readonly isAnthropicClient: boolean;
  readonly received: readonly Received[];
  readonly record: CallRecord | null;
  readonly answer: Answer | null;
}

/** What a client and an upstream saw of one call. */
export async function observe(facts: ObservedFacts): Promise<Observed> {
  const { raw, column, isAnthropicClient, received, record, answer } = facts;
  const isStream = isStreamAnswer(raw);
  const body = isStream ? null : parseJson(raw.bytes.toString('utf8'));
  const parsed = isStream ? sseEvents(raw.bytes).map(({ data }) => parseJson(data) ?? {}) : [];
  const events = parsed.filter((event) => typeof event['type'] === 'string') as unknown as CanonicalStreamEvent[];
  const last = received.at(-1);
  const isMessages = isAnthropicClient && (isStream || body?.['type'] === 'message');
  return {
    status: raw.status,
    headers: raw.headers,
    bytes: raw.bytes,
    body,
    events: events.filter(({ type }) => type !== 'ping'),
    pings: events.filter(({ type }) => type === 'ping').length,
    message: isMessages ? await readWithSdk(raw) : null,
    error: errorOf(body) ?? errorOf(parsed.find((event) => errorOf(event) !== null)),
    received,
    sent: last === undefined ? NOTHING_SENT : column.read(last.body),
    sentText: last?.bodyText ?? '',
    record,
    elapsedMs: raw.elapsedMs,
    answer,
  };
}
