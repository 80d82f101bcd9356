import { isDeepStrictEqual } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import type { CanonicalMessage, CanonicalStreamEvent } from '../formats/canonical.ts';
import { createSseParser } from '../upstream/sse.ts';

/** What the upstream said, where the stream alone cannot tell whether it survived. */
export interface StreamExpectation {
  /** Arguments of the upstream's tool calls in order, parsed; a string is text that does not parse. */
  readonly toolInputs?: readonly unknown[];
  /** The same answer decoded without streaming. */
  readonly wholeMessage?: CanonicalMessage;
}

export interface OracleVerdict {
  /** Sentences; empty when the stream keeps every rule. */
  readonly violations: readonly string[];
  /** What Anthropic's SDK made of it; null when it refused. */
  readonly message: Anthropic.Message | null;
  readonly events: readonly CanonicalStreamEvent[];
}

/** Plays the bytes to Anthropic's own client, as the answer to a streaming request. */
async function readWithSdk(bytes: Uint8Array): Promise<{ message: Anthropic.Message | null; error: string | null }> {
  const client = new Anthropic({
    apiKey: 'oracle',
    baseURL: 'http://oracle.invalid',
    maxRetries: 0,
    fetch: async () => new Response(Buffer.from(bytes), { headers: { 'content-type': 'text/event-stream' } }),
  });
  try {
    const stream = client.messages.stream({
      model: 'oracle',
      max_tokens: 1,
      messages: [{ role: 'user', content: 'oracle' }],
    });
    return { message: await stream.finalMessage(), error: null };
  } catch (error) {
    return { message: null, error: error instanceof Error ? error.message : String(error) };
  }
}

const DELTA_OF_BLOCK: Readonly<Record<string, readonly string[]>> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
  server_tool_use: ['input_json_delta'],
  mcp_tool_use: ['input_json_delta'],
  compaction: ['compaction_delta'],
};

function count(events: readonly CanonicalStreamEvent[], type: CanonicalStreamEvent['type']): number {
  return events.filter((event) => event.type === type).length;
}

function orderViolations(events: readonly CanonicalStreamEvent[]): string[] {
  const violations: string[] = [];
  let open: { index: number; type: string } | null = null;
  let next = 0;
  for (const event of events) {
    if (event.type === 'content_block_start') {
      if (open !== null) violations.push(`block ${event.index} starts while block ${open.index} is open`);
      if (event.index !== next) violations.push(`block ${event.index} starts where ${next} was due`);
      open = { index: event.index, type: event.content_block.type };
      next += 1;
    } else if (event.type === 'content_block_delta') {
      if (open?.index !== event.index) violations.push(`delta of block ${event.index}, which is not open`);
      else if (!DELTA_OF_BLOCK[open.type]?.includes(event.delta.type)) {
        violations.push(`${event.delta.type} in a ${open.type} block`);
      }
    } else if (event.type === 'content_block_stop') {
      if (open?.index !== event.index) violations.push(`stop of block ${event.index}, which is not open`);
      open = null;
    } else if (event.type === 'message_delta' && open !== null) {
      violations.push(`message_delta while block ${open.index} is open`);
    }
  }
  return violations;
}

function envelopeViolations(events: readonly CanonicalStreamEvent[]): string[] {
  const violations: string[] = [];
  if (count(events, 'message_start') !== 1) violations.push(`${count(events, 'message_start')} message_start events`);
  if (count(events, 'message_stop') !== 1) violations.push(`${count(events, 'message_stop')} message_stop events`);
  if (events.at(-1)?.type !== 'message_stop') violations.push('the last event is not message_stop');
  if (count(events, 'content_block_start') === 0) violations.push('no content block');
  const delta = events.find((event) => event.type === 'message_delta');
  const reason = delta?.type === 'message_delta' ? delta.delta.stop_reason : null;
  const hasToolUse = events.some(
    (event) => event.type === 'content_block_start' && event.content_block.type === 'tool_use',
  );
  const isCutShort = reason === 'max_tokens' || reason === 'refusal' || reason === 'model_context_window_exceeded';
  if (reason === null) violations.push('no stop_reason');
  else if (!isCutShort && hasToolUse !== (reason === 'tool_use')) {
    violations.push(`stop_reason ${reason} ${hasToolUse ? 'with' : 'without'} a tool_use block`);
  }
  return violations;
}

/** The argument text of each tool call, as a client that reads events one by one collects it. */
function toolTexts(events: readonly CanonicalStreamEvent[]): readonly string[] {
  const texts = new Map<number, string>();
  for (const event of events) {
    if (event.type === 'content_block_start' && event.content_block.type === 'tool_use') texts.set(event.index, '');
    if (event.type !== 'content_block_delta' || event.delta.type !== 'input_json_delta') continue;
    // Calls of Anthropic's own tools stream their input as well; no client runs those.
    const text = texts.get(event.index);
    if (text !== undefined) texts.set(event.index, text + event.delta.partial_json);
  }
  return [...texts.values()];
}

function parseOrKeep(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function inputViolations(events: readonly CanonicalStreamEvent[], expected: StreamExpectation): string[] {
  const received = toolTexts(events).map(parseOrKeep);
  if (expected.toolInputs === undefined) {
    return received.flatMap((input, index) =>
      typeof input === 'string' ? [`the input of tool call ${index} does not parse`] : [],
    );
  }
  if (isDeepStrictEqual(received, expected.toolInputs)) return [];
  return [`tool inputs ${JSON.stringify(received)} instead of ${JSON.stringify(expected.toolInputs)}`];
}

function wholeViolations(message: Anthropic.Message, whole: CanonicalMessage): string[] {
  const streamed = message as unknown as Record<string, unknown>;
  const expected = whole as unknown as Record<string, unknown>;
  return ['id', 'model', 'content', 'stop_reason', 'stop_sequence', 'usage'].flatMap((field) => {
    const got = JSON.stringify(streamed[field]);
    const want = JSON.stringify(expected[field]);
    return isDeepStrictEqual(JSON.parse(got ?? 'null'), JSON.parse(want ?? 'null'))
      ? []
      : [`streamed ${field} is ${got}, not ${want}`];
  });
}

/** The events of a stream of ours, pings left out. */
function readStreamEvents(bytes: Uint8Array): readonly CanonicalStreamEvent[] {
  const parser = createSseParser();
  return [...parser.push(bytes), ...parser.end()]
    .map((event) => JSON.parse(event.data) as CanonicalStreamEvent)
    .filter((event) => event.type !== 'ping');
}

/**
 * Judges a finished stream by what every Messages client relies on: the SDK takes it; one message_start and one
 * message_stop; one block open at a time, numbered without gaps; deltas of the block's kind; tool inputs that arrive as
 * they were sent; a stop reason that fits the blocks; the same message as without streaming.
 */
export async function judgeMessageStream(bytes: Uint8Array, expected: StreamExpectation = {}): Promise<OracleVerdict> {
  const events = readStreamEvents(bytes);
  const { message, error } = await readWithSdk(bytes);
  const isUnparsable = expected.toolInputs?.some((input) => typeof input === 'string') ?? false;
  const violations = [
    ...(error === null || isUnparsable ? [] : [`the SDK refuses the stream: ${error}`]),
    ...envelopeViolations(events),
    ...orderViolations(events),
    ...inputViolations(events, expected),
    ...(message === null || expected.wholeMessage === undefined ? [] : wholeViolations(message, expected.wholeMessage)),
  ];
  return { violations, message, events };
}
