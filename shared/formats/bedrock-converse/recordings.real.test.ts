import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import { type ConverseEvent, encodeConverseStream, playConverseStream } from '../../testing/play-converse-stream.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { decodeResponse } from './decode-response.ts';

const dataFolder = process.env['TRIMTAB_REAL_DATA'];
if (dataFolder === undefined) {
  console.warn('Recordings of Bedrock are not played: TRIMTAB_REAL_DATA is not set.');
}

interface RecordedPiece {
  readonly text?: string;
  readonly toolUse?: { readonly input: unknown };
  readonly reasoningContent?: {
    readonly text?: string;
    readonly signature?: string;
    readonly reasoningText?: { readonly text: string; readonly signature?: string };
  };
}
interface RecordedWhole {
  readonly output: { readonly message: { readonly content: readonly RecordedPiece[] } };
  readonly stopReason: string;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
}

const folder = dataFolder === undefined ? undefined : join(dataFolder, 'provider-recordings', 'amazon-bedrock');
const files = folder === undefined ? [] : readdirSync(folder).map((name) => ({ name, path: join(folder, name) }));
const streams = files
  .filter(({ name }) => name.endsWith('.chunks.txt'))
  .map(({ name, path }) => ({
    name,
    events: readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ConverseEvent),
  }));
const wholes = files
  .filter(({ name }) => name.endsWith('.json'))
  .map(({ name, path }) => ({ name, body: JSON.parse(readFileSync(path, 'utf8')) as RecordedWhole }));

/** The said, read from the recording in the plainest way, to compare with what was delivered. */
function contentOf(pieces: readonly RecordedPiece[]) {
  const reasoning = pieces.map((piece) => piece.reasoningContent?.reasoningText ?? piece.reasoningContent);
  return {
    text: pieces.map((piece) => piece.text ?? '').join(''),
    thinking: reasoning.map((piece) => piece?.text ?? '').join(''),
    signature: reasoning.map((piece) => piece?.signature ?? '').join(''),
  };
}

function delivered(content: readonly { type: string; text?: string; thinking?: string; signature?: string }[]) {
  return {
    text: content.map((block) => block.text ?? '').join(''),
    thinking: content.map((block) => block.thinking ?? '').join(''),
    signature: content.map((block) => block.signature ?? '').join(''),
  };
}

const context = { ...createDecodeContext(), targetModel: 'us.anthropic.claude-recorded-v1:0' };
const deltaOf = (event: ConverseEvent) => (event['contentBlockDelta'] as { delta?: RecordedPiece } | undefined)?.delta;

describe.skipIf(dataFolder === undefined)('recorded answers of Bedrock', () => {
  test('were found', () => {
    expect(streams.length).toBeGreaterThan(0);
    expect(wholes.length).toBeGreaterThan(0);
  });

  test.each(streams)('the stream $name passes the oracle and says what was recorded', async ({ events }) => {
    const pieces = events.flatMap((event) => deltaOf(event) ?? []);
    const inputs = pieces.flatMap((piece) => (piece.toolUse === undefined ? [] : [String(piece.toolUse.input)]));
    const { bytes, decoder } = playConverseStream(encodeConverseStream(events), context);
    const verdict = await judgeMessageStream(bytes, {
      toolInputs: inputs.length === 0 ? [] : [JSON.parse(inputs.join(''))],
    });
    expect(verdict.violations).toEqual([]);
    expect(decoder.isComplete()).toBe(true);
    expect(delivered(decoder.message()?.content ?? [])).toEqual(contentOf(pieces));
    const usage = events.map((event) => (event['metadata'] as RecordedWhole | undefined)?.usage).find(Boolean);
    if (usage !== undefined) expect(decoder.message()?.usage.output_tokens).toBe(usage.outputTokens);
  });

  test.each(streams)('the stream $name does not depend on where its bytes are cut', ({ events }) => {
    const bytes = encodeConverseStream(events);
    const whole = playConverseStream(bytes, context).bytes;
    for (let offset = 0; offset <= bytes.length; offset += 1) {
      expect(playConverseStream(bytes, context, [offset]).bytes.equals(whole)).toBe(true);
    }
  });

  test.each(streams)('the stream $name, cut before its stop, never ends cleanly', ({ events }) => {
    const stop = events.findIndex((event) => 'messageStop' in event);
    for (let length = 0; length <= stop; length += 1) {
      const { bytes, decoder } = playConverseStream(encodeConverseStream(events.slice(0, length)), context);
      expect(decoder.isComplete()).toBe(false);
      expect(bytes.toString()).toMatch(/event: error\n/);
      expect(bytes.toString()).not.toMatch(/message_stop/);
    }
  });

  test.each(wholes)('the whole answer $name says what was recorded', ({ body }) => {
    const decoded = decodeResponse(body, context);
    if (decoded.type !== 'decoded') throw new Error(decoded.error.message);
    const { message } = decoded;
    const { content } = body.output.message;
    expect(delivered(message.content)).toEqual(contentOf(content));
    const inputs = message.content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : []));
    expect(inputs).toEqual(content.flatMap((piece) => (piece.toolUse === undefined ? [] : [piece.toolUse.input])));
    expect(message.stop_reason).toBe(body.stopReason);
    expect(message.usage).toMatchObject({
      input_tokens: body.usage.inputTokens,
      output_tokens: body.usage.outputTokens,
    });
    expect(decoded.losses).toEqual([]);
  });
});
