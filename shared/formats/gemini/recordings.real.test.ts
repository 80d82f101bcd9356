import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import { encodeGeminiStream, playGeminiStream } from '../../testing/play-gemini-stream.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import type { CanonicalBody, CanonicalMessage } from '../canonical.ts';
import { createEncodeTarget } from '../encode-target.ts';
import { decodeError } from './decode-error.ts';
import { decodeResponse } from './decode-response.ts';
import { encodeRequest } from './encode-request.ts';

const dataFolder = process.env['TRIMTAB_REAL_DATA'];
if (dataFolder === undefined) {
  console.warn('Recordings of Gemini are not played: TRIMTAB_REAL_DATA is not set.');
}

interface RecordedCall {
  readonly name?: string;
  readonly args?: unknown;
  readonly willContinue?: boolean;
  readonly partialArgs?: { readonly jsonPath: string; readonly stringValue?: string }[];
}
interface RecordedPart {
  readonly text?: string;
  readonly thought?: boolean;
  readonly thoughtSignature?: string;
  readonly functionCall?: RecordedCall;
}
interface Recorded {
  readonly candidates: { content?: { parts?: RecordedPart[] }; finishReason?: string }[];
  readonly usageMetadata?: { promptTokenCount?: number; candidatesTokenCount?: number; thoughtsTokenCount?: number };
}

const folder = dataFolder === undefined ? undefined : join(dataFolder, 'provider-recordings', 'google');
const files = folder === undefined ? [] : readdirSync(folder).map((file) => join(folder, file));

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The folder holds recordings of the Interactions API as well. */
function isGenerateContent(value: unknown): value is Recorded {
  return Array.isArray((value as { candidates?: unknown } | null)?.candidates);
}

const streams = files
  .filter((file) => file.endsWith('.chunks.txt'))
  .map((file) => ({ name: basename(file), chunks: readFileSync(file, 'utf8').trim().split('\n').map(parseOrNull) }))
  .filter((recording): recording is { name: string; chunks: Recorded[] } => recording.chunks.every(isGenerateContent));
const wholes = files
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({ name: basename(file), body: parseOrNull(readFileSync(file, 'utf8')) }))
  .filter((recording): recording is { name: string; body: Recorded } => isGenerateContent(recording.body));

/** Puts a streamed string where its path says, in the plainest way: the recordings have names and positions only. */
function place(input: Record<string, unknown>, path: string, piece: string): void {
  const steps = path
    .slice(1)
    .split(/[.[\]]+/)
    .filter((step) => step !== '');
  let holder: Record<string, unknown> = input;
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1];
    if (next === undefined) holder[step] = String(holder[step] ?? '') + piece;
    else {
      holder[step] ??= /^\d+$/.test(next) ? [] : {};
      holder = holder[step] as Record<string, unknown>;
    }
  }
}

function contentOf(chunks: readonly Recorded[]) {
  const parts = chunks.flatMap((chunk) => chunk.candidates[0]?.content?.parts ?? []);
  const toolInputs: Record<string, unknown>[] = [];
  for (const { functionCall } of parts) {
    if (functionCall?.name !== undefined) toolInputs.push({ ...(functionCall.args as object | undefined) });
    for (const { jsonPath, stringValue } of functionCall?.partialArgs ?? []) {
      place(toolInputs.at(-1)!, jsonPath, stringValue ?? '');
    }
  }
  return { text: parts.map((part) => part.text ?? '').join(''), toolInputs };
}

function delivered(message: CanonicalMessage | null) {
  const content = message?.content ?? [];
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    toolInputs: content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : [])),
  };
}

/** The calls as the next turn sends them back. */
function replayedCalls(message: CanonicalMessage) {
  const results = message.content.flatMap((block) =>
    block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'done' }] : [],
  );
  const messages = [
    { role: 'user', content: 'question' },
    { role: 'assistant', content: message.content },
    { role: 'user', content: results },
  ];
  const target = createEncodeTarget({ model: 'gemini-3-pro-preview' });
  const { body } = encodeRequest({ body: { model: 'm', messages } as CanonicalBody, extras: {} }, target);
  const { contents } = body as { contents: { role: string; parts: RecordedPart[] }[] };
  return contents.find((content) => content.role === 'model')?.parts.filter((part) => part.functionCall) ?? [];
}

describe.skipIf(dataFolder === undefined)('recorded answers of Gemini', () => {
  test('were found', () => {
    expect(streams).toHaveLength(4);
    expect(wholes).toHaveLength(2);
  });

  test.each(streams)('the stream $name passes the oracle and says what was recorded', async ({ chunks }) => {
    const expected = contentOf(chunks);
    const { bytes, decoder } = playGeminiStream(encodeGeminiStream(chunks), createDecodeContext());
    const verdict = await judgeMessageStream(bytes, { toolInputs: expected.toolInputs });
    expect(verdict.violations).toEqual([]);
    expect(delivered(decoder.message())).toEqual(expected);
    const usage = chunks.findLast((chunk) => chunk.usageMetadata?.promptTokenCount !== undefined)?.usageMetadata;
    expect(decoder.message()?.usage).toMatchObject({
      input_tokens: usage?.promptTokenCount,
      output_tokens: (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0),
    });
    expect(decoder.upstreamStopReason()).toBe('STOP');
  });

  test.each(streams)('the stream $name, cut before its finish, never ends cleanly', ({ chunks }) => {
    const finish = chunks.findIndex((chunk) => chunk.candidates.some((candidate) => candidate.finishReason));
    for (const length of new Set([0, 1, Math.floor(finish / 2), finish].filter((value) => value <= finish))) {
      const { bytes, decoder } = playGeminiStream(encodeGeminiStream(chunks.slice(0, length)), createDecodeContext());
      expect(decoder.isComplete()).toBe(false);
      expect(bytes.toString()).toMatch(/event: error\n/);
      expect(bytes.toString()).not.toMatch(/message_stop/);
    }
  });

  test.each(wholes)('the whole answer $name says what was recorded', ({ body }) => {
    const expected = contentOf([body]);
    const decoded = decodeResponse(body, createDecodeContext());
    if (decoded.type !== 'decoded') throw new Error(decoded.error.message);
    expect(delivered(decoded.message)).toEqual(expected);
    expect(decoded.message.stop_reason).toBe(expected.toolInputs.length > 0 ? 'tool_use' : 'end_turn');
  });

  test.each([...streams, ...wholes.map(({ name, body }) => ({ name, chunks: [body] }))])(
    'the calls of $name go back with the signatures that they came with',
    ({ chunks }) => {
      const { decoder } = playGeminiStream(encodeGeminiStream(chunks), createDecodeContext());
      const parts = chunks.flatMap((chunk) => chunk.candidates[0]?.content?.parts ?? []);
      const starts = parts.filter((part) => part.functionCall?.name !== undefined);
      const message = decoder.message();
      if (message === null) throw new Error('no message');
      const replayed = replayedCalls(message);
      expect(replayed.map((part) => part.thoughtSignature)).toEqual(starts.map((part) => part.thoughtSignature));
      expect(replayed.map((part) => part.functionCall?.args)).toEqual(contentOf(chunks).toolInputs);
    },
  );

  test('the recorded quota error asks the client to wait for as long as Google says', () => {
    const file = files.find((name) => name.endsWith('429-retry-info.json')) ?? '';
    const error = decodeError(429, {}, readFileSync(file, 'utf8'), { nowSeconds: 0 });
    expect(error).toMatchObject({ type: 'rate_limit_error', status: 429, retryAfterSeconds: 34.4, retryable: true });
    expect(error.shouldRetry).toBeUndefined();
  });
});
