import { isDeepStrictEqual } from 'node:util';
import { encodeStreamEvent } from '#shared/formats/anthropic-messages/encode-stream-event.ts';
import type { CanonicalMessage, CanonicalStreamEvent } from '#shared/formats/canonical.ts';
import type { StreamDecoder } from '#shared/formats/format.ts';
import type { JsonObject } from '#shared/formats/json-object.ts';
import type { Loss } from '#shared/formats/loss.ts';
import { CLIENT_FORMATS } from '#shared/formats/registry.ts';
import { REPLY_DECODERS } from '#shared/formats/replies/reply-decoders.ts';
import type { ReplyShape } from '#shared/formats/replies/reply-shape.ts';
import { toolArguments } from '#shared/formats/tool-arguments.ts';
import { parseToolInput } from '#shared/formats/tool-input.ts';
import { judgeMessageStream, type OracleVerdict } from '#shared/testing/message-stream-oracle.ts';
import { readChatStream, readResponseStream } from '#shared/testing/openai-client-oracle.ts';
import { createDecodeContext } from '#shared/testing/play-stream.ts';
import { createStreamParser } from '#shared/upstream/stream-parser.ts';
import { recordedContent } from './recorded-content.ts';
import { hasEnd, hasFailure, type RecordedReply } from './recorded-reply.ts';
import { replyBytes } from './reply-bytes.ts';

/** Sizes of the pieces in which bytes are sent again: each byte alone, and in steps that no event keeps. */
const PIECE_BYTES: readonly number[] = [1, 7, 997];
const CONTEXT = createDecodeContext();
const CONTRADICTION = 'the end of a part differs from what was streamed';
const EVENT_STREAM = 'application/vnd.amazon.eventstream';

export interface Delivered {
  readonly message: CanonicalMessage | null;
  readonly losses: readonly Loss[];
  readonly events: readonly CanonicalStreamEvent[];
}

interface Played extends Delivered {
  readonly decoder: StreamDecoder;
  readonly bytes: string;
}

const ERROR_CONTEXT = { nowSeconds: CONTEXT.nowSeconds };

function play(reply: RecordedReply, bytes: Uint8Array, pieceBytes: number): Played {
  const isConverse = reply.shape === 'bedrock-converse';
  const parser = createStreamParser(isConverse ? EVENT_STREAM : 'text/event-stream', 'bedrock-converse', ERROR_CONTEXT);
  const decoder = REPLY_DECODERS[reply.shape].createStreamDecoder(CONTEXT);
  const events: CanonicalStreamEvent[] = [];
  const take = (read: ReturnType<typeof parser.push>) => {
    for (const event of read) events.push(...decoder.push(event));
  };
  for (let at = 0; at < bytes.length; at += pieceBytes) take(parser.push(bytes.subarray(at, at + pieceBytes)));
  take(parser.end());
  events.push(...decoder.end());
  const written = events.map(encodeStreamEvent).join('');
  return { decoder, events, bytes: written, message: decoder.message(), losses: decoder.losses() };
}

const squeezed = (text: string): string => text.replace(/\s+/g, '');

function inputOf(pieces: readonly unknown[]): unknown {
  const whole = pieces.filter((piece) => typeof piece !== 'string');
  return whole.length > 0 ? whole[0] : parseToolInput(pieces.join(''));
}

/** What of the recording is neither in the message nor, as far as it has no place there, in the ledger. */
export function contentFaults(
  shape: ReplyShape,
  payloads: readonly JsonObject[],
  { message, losses }: Delivered,
): readonly string[] {
  const said = recordedContent(shape, payloads);
  const content = message?.content ?? [];
  const faults: string[] = [];
  const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  // A server that says something else at the end than in its pieces is told in the ledger; the client has the pieces.
  const isContradicted = losses.some((loss) => loss.detail === CONTRADICTION);
  if (squeezed(text) !== squeezed(said.text) && !isContradicted) faults.push('the text is not the recorded one');
  const thinking = content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join('');
  if (squeezed(thinking) !== squeezed(said.thinking) && !isContradicted)
    faults.push('the reasoning is not the recorded one');
  const inputs = content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : []));
  if (inputs.length !== said.calls.size) faults.push(`${inputs.length} calls instead of ${said.calls.size}`);
  const hasPieces = payloads.some((payload) => JSON.stringify(payload).includes('"partialArgs"'));
  const wanted = [...said.calls.values()].map(inputOf);
  if (!hasPieces && JSON.stringify(inputs) !== JSON.stringify(wanted))
    faults.push('the arguments are not the recorded ones');
  if (said.others.size > 0 && losses.length === 0)
    faults.push(`nothing in the ledger of ${[...said.others].join(', ')}`);
  return faults;
}

/** The client formats of OpenAI, judged by its own client. */
async function openaiFaults({ events, message }: Delivered): Promise<readonly string[]> {
  const text = squeezed((message?.content ?? []).map((block) => (block.type === 'text' ? block.text : '')).join(''));
  const context = {
    callId: CONTEXT.callId,
    nowSeconds: CONTEXT.nowSeconds,
    request: { body: CONTEXT.request, extras: {} },
  };
  const faults: string[] = [];
  for (const name of ['openai-chat', 'openai-responses'] as const) {
    const encoder = CLIENT_FORMATS[name]?.createStreamEncoder(context);
    if (encoder === undefined) throw new Error(`${name} is no client format`);
    const bytes = Buffer.from(events.map((event) => encoder.encode(event)).join(''));
    const read = name === 'openai-chat' ? await readChatStream(bytes) : await readResponseStream(bytes);
    if (read.type === 'refused') faults.push(`the client of ${name} refuses it: ${read.error.message}`);
    else {
      const got =
        'response' in read.answer ? read.answer.response.output_text : read.answer.choices[0]?.message.content;
      if (squeezed(got ?? '') !== text) faults.push(`the client of ${name} reads another text`);
    }
  }
  return faults;
}

/** The counts that Anthropic's client takes from the end of a stream; it leaves others as they were at the start. */
const CLIENT_USAGE: readonly (keyof CanonicalMessage['usage'])[] = [
  'input_tokens',
  'output_tokens',
  'cache_creation_input_tokens',
  'cache_read_input_tokens',
];

/**
 * Rules of the oracle that Anthropic itself does not keep: it says nothing at all at times, and a call of its code
 * execution is answered by then, so that the message can end behind it. Both are handed on as they came.
 */
function isAnthropicLicence(violation: string, message: CanonicalMessage): boolean {
  const isCalledByCode = message.content.some(
    (block) => block.type === 'tool_use' && (block.caller?.type ?? 'direct') !== 'direct',
  );
  return violation === 'no content block' || (isCalledByCode && /^stop_reason \w+ with a tool_use/.test(violation));
}

/** What is wrong with a message as its clients get it. */
export async function deliveryFaults(shape: ReplyShape, delivered: Delivered): Promise<readonly string[]> {
  const { events, message } = delivered;
  if (message === null) return ['no message'];
  const bytes = Buffer.from(events.map(encodeStreamEvent).join(''));
  const verdict = await judgeMessageStream(bytes, {
    toolInputs: message.content.flatMap((block) => (block.type === 'tool_use' ? [sentInput(block.input)] : [])),
  });
  const violations = verdict.violations.filter(
    (violation) => !(shape === 'anthropic-messages' && isAnthropicLicence(violation, message)),
  );
  return [...violations, ...clientFaults(verdict.message, message), ...(await openaiFaults(delivered))];
}

/** Arguments as they were sent: text that did not parse is kept as it is. */
function sentInput(input: unknown): unknown {
  const text = toolArguments(input);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The blocks as far as Anthropic's client builds them; summaries of what was compacted are beyond it. */
function builtBlocks(content: readonly { readonly type: string }[]): unknown {
  return plain(content.map((block) => (block.type === 'compaction' ? { type: block.type } : block)));
}

/** Where the message that Anthropic's client made of the stream is not the one that was recorded for the call. */
function clientFaults(read: OracleVerdict['message'], message: CanonicalMessage): readonly string[] {
  if (read === null) return [];
  const faults: string[] = [];
  if (!isDeepStrictEqual(builtBlocks(read.content), builtBlocks(message.content))) {
    faults.push('the client reads other blocks');
  }
  for (const field of ['id', 'model', 'stop_reason', 'stop_sequence'] as const) {
    if (!isDeepStrictEqual(plain(read[field]), plain(message[field]))) faults.push(`the client reads another ${field}`);
  }
  for (const field of CLIENT_USAGE) {
    if ((read.usage[field] ?? 0) !== (message.usage[field] ?? 0)) faults.push(`the client reads another ${field}`);
  }
  return faults;
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

function failureFaults({ decoder, bytes }: Played): readonly string[] {
  const faults: string[] = [];
  if (decoder.failure() === null) faults.push('a failed or broken reply that is no failure');
  if (!bytes.includes('event: error\n')) faults.push('no error event');
  if (bytes.includes('event: message_stop\n')) faults.push('a broken reply that ends like a whole one');
  return faults;
}

/** The last event of a Responses stream repeats the whole response; it has to read the same. */
function repeatFaults(reply: RecordedReply, { message }: Played): readonly string[] {
  const last = reply.payloads.findLast(({ type }) => type === 'response.completed')?.['response'] as
    | JsonObject
    | undefined;
  if (!Array.isArray(last?.['output']) || last['output'].length === 0) return [];
  const streamed = recordedContent(reply.shape, reply.payloads);
  const repeated = recordedContent(reply.shape, [last]);
  // Where the recording contradicts itself, no decoder can agree with both.
  if (streamed.text !== repeated.text || streamed.thinking !== repeated.thinking) return [];
  const decoded = REPLY_DECODERS[reply.shape].decodeResponse(last, CONTEXT);
  if (decoded.type === 'failed') return [`the whole response fails: ${decoded.error.message}`];
  // Item ids may differ between the events and the response, and reasoning carries its item's id.
  const unsigned = (content: CanonicalMessage['content'] | undefined) =>
    JSON.stringify((content ?? []).map((block) => (block.type === 'thinking' ? { ...block, signature: '' } : block)));
  return unsigned(message?.content) === unsigned(decoded.message.content)
    ? []
    : ['the stream differs from its whole response'];
}

/** What is wrong with how a recorded stream is read; empty when nothing is. */
export async function streamFaults(reply: RecordedReply): Promise<readonly string[]> {
  const bytes = replyBytes(reply);
  const played = play(reply, bytes, bytes.length);
  const faults: string[] = PIECE_BYTES.filter((size) => play(reply, bytes, size).bytes !== played.bytes).map(
    (size) => `cut into pieces of ${size} it reads otherwise`,
  );
  if (hasFailure(reply) || !hasEnd(reply)) return [...faults, ...failureFaults(played)];
  const failure = played.decoder.failure();
  if (failure !== null) return [...faults, `failed: ${failure.message}`];
  return [
    ...faults,
    ...contentFaults(reply.shape, reply.payloads, played),
    ...(await deliveryFaults(reply.shape, played)),
    ...repeatFaults(reply, played),
  ];
}
