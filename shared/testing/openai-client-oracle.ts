import OpenAI from 'openai';
import type { EncodedError } from '../formats/format.ts';

type ChatCompletion = OpenAI.Chat.Completions.ChatCompletion;
type ResponseObject = OpenAI.Responses.Response;
type ResponseEvent = OpenAI.Responses.ResponseStreamEvent;

/** What OpenAI's own client made of an answer, or the error with which it refused. */
export type OracleReading<Answer> =
  | { readonly type: 'read'; readonly answer: Answer }
  | { readonly type: 'refused'; readonly error: Error };

/** OpenAI's client in front of a server that gives this answer to every request. */
function clientFor(body: string | Uint8Array, contentType: string, init: ResponseInit = {}): OpenAI {
  return new OpenAI({
    apiKey: 'oracle',
    baseURL: 'http://oracle.invalid/v1',
    maxRetries: 0,
    fetch: async () => new Response(Buffer.from(body), { headers: { 'content-type': contentType }, ...init }),
  });
}

async function reading<Answer>(read: () => Promise<Answer>): Promise<OracleReading<Answer>> {
  try {
    return { type: 'read', answer: await read() };
  } catch (error) {
    return { type: 'refused', error: error instanceof Error ? error : new Error(String(error)) };
  }
}

const QUESTION = [{ role: 'user' as const, content: 'oracle' }];
const EVENT_STREAM = 'text/event-stream';
const JSON_BODY = 'application/json';

/** Reads a stream of `chat.completion.chunk` events to its end. */
export function readChatStream(bytes: Uint8Array): Promise<OracleReading<ChatCompletion>> {
  return reading(async () => {
    const client = clientFor(bytes, EVENT_STREAM);
    const stream = client.chat.completions.stream({
      model: 'oracle',
      messages: QUESTION,
      stream_options: { include_usage: true },
    });
    return await stream.finalChatCompletion();
  });
}

/** Reads a whole `chat.completion`. */
export function readChatCompletion(body: unknown): Promise<OracleReading<ChatCompletion>> {
  return reading(() =>
    clientFor(JSON.stringify(body), JSON_BODY).chat.completions.create({ model: 'oracle', messages: QUESTION }),
  );
}

/** Reads a stream of `response.*` events to its end, and keeps the events. */
export function readResponseStream(
  bytes: Uint8Array,
): Promise<OracleReading<{ readonly response: ResponseObject; readonly events: readonly ResponseEvent[] }>> {
  return reading(async () => {
    const stream = clientFor(bytes, EVENT_STREAM).responses.stream({ model: 'oracle', input: 'oracle' });
    const events: ResponseEvent[] = [];
    for await (const event of stream) events.push(event);
    return { response: await stream.finalResponse(), events };
  });
}

/** Reads a whole `response`. */
export function readResponse(body: unknown): Promise<OracleReading<ResponseObject>> {
  return reading(() =>
    clientFor(JSON.stringify(body), JSON_BODY).responses.create({ model: 'oracle', input: 'oracle' }),
  );
}

/** The error that OpenAI's client raises for an error answer. */
export async function readError(encoded: EncodedError): Promise<Error> {
  const init = { status: encoded.status, headers: { ...encoded.headers } };
  const client = clientFor(JSON.stringify(encoded.body), JSON_BODY, init);
  const read = await reading(() => client.chat.completions.create({ model: 'oracle', messages: QUESTION }));
  if (read.type === 'read') throw new Error('the client took an error for an answer');
  return read.error;
}
