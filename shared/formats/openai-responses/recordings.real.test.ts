import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import { encodeResponsesStream, playResponsesStream } from '../../testing/play-responses-stream.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { decodeResponse } from './decode-response.ts';

const dataFolder = process.env['TRIMTAB_REAL_DATA'];
if (dataFolder === undefined) {
  console.warn('Recordings of Responses servers are not played: TRIMTAB_REAL_DATA is not set.');
}

interface RecordedItem {
  readonly type: string;
  readonly arguments?: string;
  readonly content?: { text?: string }[];
  readonly summary?: { text: string }[];
}
interface RecordedResponse {
  readonly object: string;
  readonly output: RecordedItem[];
  readonly usage?: { input_tokens: number; output_tokens: number } | null;
  readonly error?: unknown;
}
interface RecordedEvent {
  readonly type: string;
  readonly response?: RecordedResponse;
}

/** Recordings of other formats lie in the same folders, and not all of their lines are JSON. */
function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const recordingsFolder = dataFolder === undefined ? undefined : join(dataFolder, 'provider-recordings');
const files =
  recordingsFolder === undefined
    ? []
    : readdirSync(recordingsFolder, { recursive: true, encoding: 'utf8' }).map((file) => join(recordingsFolder, file));
const allStreams = files
  .filter((file) => file.endsWith('.chunks.txt'))
  .map((file) => ({ name: basename(file), lines: readFileSync(file, 'utf8').trim().split('\n') }))
  .filter(({ lines }) => (parseOrNull(lines[0] ?? '') as RecordedEvent | null)?.type === 'response.created')
  .map(({ name, lines }) => ({ name, events: lines.map((line) => JSON.parse(line) as RecordedEvent) }));
const failures = allStreams.filter(({ events }) => events.some(({ type }) => type === 'response.failed'));
const streams = allStreams.filter((stream) => !failures.includes(stream));
const wholes = files
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({ name: basename(file), body: parseOrNull(readFileSync(file, 'utf8')) as RecordedResponse | null }))
  .filter((one): one is { name: string; body: RecordedResponse } => one.body?.object === 'response');

/** What was said, read from the final response in the plainest way. */
function contentOf({ output }: RecordedResponse) {
  const of = (type: string) => output.filter((item) => item.type === type);
  return {
    text: of('message')
      .flatMap(({ content }) => content ?? [])
      .map(({ text }) => text ?? '')
      .join(''),
    reasoning: of('reasoning')
      .flatMap(({ summary }) => summary ?? [])
      .map(({ text }) => text)
      .join('\n\n'),
    toolInputs: of('function_call').map((item): unknown => JSON.parse(item.arguments ?? '')),
  };
}

function delivered(content: readonly { type: string; text?: string; thinking?: string; input?: unknown }[]) {
  return {
    text: content.map(({ text }) => text ?? '').join(''),
    reasoning: content.flatMap(({ thinking }) => (thinking ? [thinking] : [])).join('\n\n'),
    toolInputs: content.filter(({ type }) => type === 'tool_use').map(({ input }) => input),
  };
}

describe.skipIf(dataFolder === undefined)('recorded answers of real Responses servers', () => {
  test('were found', () => {
    expect(streams.length).toBeGreaterThan(10);
    expect(failures.length).toBeGreaterThan(0);
    expect(wholes.length).toBeGreaterThan(10);
  });

  test.each(streams)('the stream $name passes the oracle and says what was recorded', async ({ events }) => {
    const response = events.findLast(({ type }) => type === 'response.completed')?.response;
    if (response === undefined) throw new Error('the recording has no end');
    const { toolInputs, ...said } = contentOf(response);
    const context = createDecodeContext();
    const { bytes, decoder } = playResponsesStream(encodeResponsesStream(events), context);
    const whole = decodeResponse(response, context);
    if (whole.type !== 'decoded') throw new Error(whole.error.message);
    const verdict = await judgeMessageStream(bytes, { toolInputs, wholeMessage: whole.message });
    expect(verdict.violations).toEqual([]);
    expect(delivered(decoder.message()?.content ?? [])).toEqual({ ...said, toolInputs });
    const usage = decoder.message()?.usage;
    expect((usage?.input_tokens ?? 0) + (usage?.cache_read_input_tokens ?? 0)).toBe(response.usage?.input_tokens);
    expect(usage?.output_tokens).toBe(response.usage?.output_tokens);
  });

  test.each(allStreams)('the stream $name, cut before its end, never ends cleanly', ({ events }) => {
    const end = events.findIndex(({ type }) => /^(response\.(completed|failed)|error)$/.test(type));
    for (const length of new Set([0, 1, Math.floor(end / 2), end])) {
      const { bytes, decoder } = playResponsesStream(
        encodeResponsesStream(events.slice(0, length)),
        createDecodeContext(),
      );
      expect(decoder.isComplete()).toBe(false);
      expect(bytes.toString()).toMatch(/event: error\n/);
      expect(bytes.toString()).not.toMatch(/message_stop/);
    }
  });

  test.each(failures)('the stream $name fails as it was recorded, before a message begins', ({ events }) => {
    const { bytes, decoder } = playResponsesStream(encodeResponsesStream(events), createDecodeContext());
    expect(decoder.failure()).toMatchObject({ message: expect.stringMatching(/quota/), configurationFault: true });
    expect(bytes.toString()).toMatch(/^event: error\n/);
  });

  test.each(wholes)('the whole answer $name says what was recorded', ({ body }) => {
    const expected = contentOf(body);
    const decoded = decodeResponse(body, createDecodeContext());
    if (decoded.type !== 'decoded') throw new Error(decoded.error.message);
    expect(delivered(decoded.message.content)).toEqual(expected);
    expect(decoded.message.stop_reason).toBe(expected.toolInputs.length > 0 ? 'tool_use' : 'end_turn');
    const carried = body.output.every(({ type }) => ['message', 'reasoning', 'function_call'].includes(type));
    const isNoted = decoded.losses.some(({ detail }) => detail.startsWith('output item'));
    expect(isNoted).toBe(!carried);
  });
});
