import { expect } from 'vitest';
import type { CanonicalBody } from '../formats/canonical.ts';
import { judgeMessageStream } from './message-stream-oracle.ts';
import { type ConverseEvent, encodeConverseStream, playConverseStream } from './play-converse-stream.ts';
import { createDecodeContext } from './play-stream.ts';

export const start: ConverseEvent = { messageStart: { role: 'assistant' } };
export const delta = (index: number, piece: object): ConverseEvent => ({
  contentBlockDelta: { contentBlockIndex: index, delta: piece, p: 'abcdefgh' },
});
export const text = (index: number, value: string) => delta(index, { text: value });
export const reasoning = (index: number, piece: object) => delta(index, { reasoningContent: piece });
export const tool = (index: number, toolUseId: string, name: string): ConverseEvent => ({
  contentBlockStart: { contentBlockIndex: index, start: { toolUse: { toolUseId, name } } },
});
export const args = (index: number, input: string) => delta(index, { toolUse: { input } });
export const stop = (index: number): ConverseEvent => ({ contentBlockStop: { contentBlockIndex: index } });
export const finish = (stopReason: string, more: object = {}): ConverseEvent => ({
  messageStop: { stopReason, ...more },
});
export const metadata = (usage: object = {}): ConverseEvent => ({
  metadata: { usage: { inputTokens: 100, outputTokens: 7, totalTokens: 107, ...usage }, metrics: { latencyMs: 9 } },
});
export const exception = (name: string, message: string, more: object = {}): ConverseEvent => ({
  [name]: { message, ...more },
});

export const context = (request: Partial<CanonicalBody> = {}, targetModel = 'us.anthropic.claude-test-v1:0') => ({
  ...createDecodeContext(request),
  targetModel,
});

/** Plays events and has the oracle judge what a client gets. */
export async function deliver(
  events: readonly ConverseEvent[],
  request: Partial<CanonicalBody> = {},
  toolInputs?: readonly unknown[],
  model?: string,
) {
  const { bytes, decoder } = playConverseStream(encodeConverseStream(events), context(request, model));
  const verdict = await judgeMessageStream(bytes, toolInputs === undefined ? {} : { toolInputs });
  expect(verdict.violations).toEqual([]);
  expect(decoder.isComplete()).toBe(true);
  const message = decoder.message();
  if (message === null) throw new Error('no message');
  const losses = decoder.losses().map((loss) => `${loss.kind} ${loss.detail}`);
  return { message, events: verdict.events, losses, decoder };
}

/** Plays events that must end in an error. */
export function breakOff(events: readonly ConverseEvent[], request: Partial<CanonicalBody> = {}) {
  const { bytes, decoder } = playConverseStream(encodeConverseStream(events), context(request));
  expect(bytes.toString()).toMatch(/event: error\n/);
  expect(bytes.toString()).not.toMatch(/message_stop/);
  expect(decoder.isComplete()).toBe(false);
  const failure = decoder.failure();
  if (failure === null) throw new Error('no failure');
  return { bytes: bytes.toString(), failure };
}

export const types = (message: { content: readonly { type: string }[] }) => message.content.map((block) => block.type);
