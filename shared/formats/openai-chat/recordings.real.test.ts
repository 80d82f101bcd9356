import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import { encodeChatStream, playChatStream } from '../../testing/play-chat-stream.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { decodeResponse } from './decode-response.ts';

const dataFolder = process.env['TRIMTAB_REAL_DATA'];
if (dataFolder === undefined) {
  console.warn('Recordings of Chat Completions servers are not played: TRIMTAB_REAL_DATA is not set.');
}

interface RecordedContent {
  readonly content?: string | { type: string; text?: string; thinking?: { text: string }[] }[] | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly tool_calls?: { index?: number; function: { name?: string; arguments?: string } }[];
}
interface Recorded {
  readonly choices: { delta?: RecordedContent; message?: RecordedContent; finish_reason?: string | null }[];
  readonly usage?: { prompt_tokens: number } | null;
}

const recordingsFolder = dataFolder === undefined ? undefined : join(dataFolder, 'provider-recordings');
const files =
  recordingsFolder === undefined
    ? []
    : readdirSync(recordingsFolder, { recursive: true, encoding: 'utf8' }).map((file) => join(recordingsFolder, file));

/** Recordings of other formats lie in the same folders, and not all of their lines are JSON. */
function parseOrNull(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function isChat(value: unknown, part: 'delta' | 'message'): value is Recorded {
  const choices = (value as { choices?: unknown } | null)?.choices;
  return Array.isArray(choices) && choices.some((choice: object) => part in choice);
}

const streams = files
  .filter((file) => file.endsWith('.chunks.txt'))
  .map((file) => ({ name: basename(file), lines: readFileSync(file, 'utf8').trim().split('\n') }))
  .filter(({ lines }) => isChat(parseOrNull(lines[0] ?? ''), 'delta'))
  .map(({ name, lines }) => ({ name, chunks: lines.map((line) => JSON.parse(line) as Recorded) }));
const wholes = files
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({ name: basename(file), body: JSON.parse(readFileSync(file, 'utf8')) as unknown }))
  .filter((recording): recording is { name: string; body: Recorded } => isChat(recording.body, 'message'));

/** The said, read from the recording in the plainest way, to compare with what was delivered. */
function contentOf(pieces: readonly RecordedContent[]) {
  let text = '';
  let reasoning = '';
  const calls = new Map<number, string>();
  for (const piece of pieces) {
    if (typeof piece.content === 'string') text += piece.content;
    for (const part of Array.isArray(piece.content) ? piece.content : []) {
      text += part.text ?? '';
      reasoning += (part.thinking ?? []).map((thought) => thought.text).join('');
    }
    reasoning += piece.reasoning_content ?? piece.reasoning ?? '';
    for (const [position, call] of (piece.tool_calls ?? []).entries()) {
      const index = call.index ?? position;
      calls.set(index, (calls.get(index) ?? '') + (call.function.arguments ?? ''));
    }
  }
  return {
    text: text.trim(),
    reasoning,
    toolInputs: [...calls.values()].map((call): unknown => JSON.parse(call || '{}')),
  };
}

function delivered(content: readonly { type: string; text?: string; thinking?: string; input?: unknown }[]) {
  return {
    text: content
      .map((block) => block.text ?? '')
      .join('')
      .trim(),
    reasoning: content.map((block) => block.thinking ?? '').join(''),
    toolInputs: content.filter((block) => block.type === 'tool_use').map((block) => block.input),
  };
}

describe.skipIf(dataFolder === undefined)('recorded answers of real servers', () => {
  test('were found', () => {
    expect(streams.length).toBeGreaterThan(0);
    expect(wholes.length).toBeGreaterThan(0);
  });

  test.each(streams)('the stream $name passes the oracle and says what was recorded', async ({ chunks }) => {
    const expected = contentOf(chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.delta ?? {})));
    const { bytes, decoder } = playChatStream(encodeChatStream(chunks), createDecodeContext());
    const verdict = await judgeMessageStream(bytes, { toolInputs: expected.toolInputs });
    expect(verdict.violations).toEqual([]);
    expect(delivered(decoder.message()?.content ?? [])).toEqual(expected);
    const prompt = chunks.findLast((chunk) => chunk.usage)?.usage?.prompt_tokens;
    const usage = decoder.message()?.usage;
    expect((usage?.input_tokens ?? 0) + (usage?.cache_read_input_tokens ?? 0)).toBe(prompt);
    expect(usage?.output_tokens).toBeGreaterThan(0);
  });

  test.each(streams)('the stream $name, cut before its finish, never ends cleanly', ({ chunks }) => {
    const finish = chunks.findIndex((chunk) => chunk.choices.some((choice) => choice.finish_reason));
    for (const length of new Set([0, 1, Math.floor(finish / 2), finish])) {
      const upstream = encodeChatStream(chunks.slice(0, length), { isDone: false });
      const { bytes, decoder } = playChatStream(upstream, createDecodeContext());
      expect(decoder.isComplete()).toBe(false);
      expect(bytes.toString()).toMatch(/event: error\n/);
      expect(bytes.toString()).not.toMatch(/message_stop/);
    }
  });

  test.each(wholes)('the whole answer $name says what was recorded', ({ body }) => {
    const expected = contentOf(body.choices.map((choice) => choice.message ?? {}));
    const decoded = decodeResponse(body, createDecodeContext());
    if (decoded.type !== 'decoded') throw new Error(decoded.error.message);
    expect(delivered(decoded.message.content)).toEqual(expected);
    expect(decoded.message.stop_reason).toBe(expected.toolInputs.length > 0 ? 'tool_use' : 'end_turn');
  });
});
