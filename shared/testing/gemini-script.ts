import { expect } from 'vitest';
import type { CanonicalBody } from '../formats/canonical.ts';
import { judgeMessageStream } from './message-stream-oracle.ts';
import { encodeGeminiStream, geminiChunk, playGeminiStream } from './play-gemini-stream.ts';
import { createDecodeContext } from './play-stream.ts';

export const usageOf = (more: object = {}) => ({
  usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 7, totalTokenCount: 107, ...more },
});
export const say = (...parts: object[]) => geminiChunk(parts);
export const finish = (finishReason: string, more: object = {}, parts: object[] = []) =>
  geminiChunk(parts, { finishReason }, { ...usageOf(), ...more });
export const call = (name: string, args: unknown = {}, more: object = {}) => ({
  functionCall: { name, args },
  ...more,
});
export const piece = (jsonPath: string, stringValue: string, willContinue = false) => ({
  functionCall: {
    partialArgs: [{ jsonPath, stringValue, ...(willContinue ? { willContinue } : {}) }],
    willContinue: true,
  },
});

/** Plays chunks and has the oracle judge what a client gets. */
export async function deliver(
  chunks: readonly object[],
  request: Partial<CanonicalBody> = {},
  toolInputs?: readonly unknown[],
) {
  const context = createDecodeContext(request);
  const { bytes, decoder } = playGeminiStream(encodeGeminiStream(chunks), context);
  const verdict = await judgeMessageStream(bytes, toolInputs === undefined ? {} : { toolInputs });
  expect(verdict.violations).toEqual([]);
  expect(decoder.isComplete()).toBe(true);
  const message = decoder.message();
  if (message === null) throw new Error('no message');
  const losses = decoder.losses().map((loss) => `${loss.kind} ${loss.detail}`);
  return { message, events: verdict.events, losses, decoder };
}

export const types = (message: { content: readonly { type: string }[] }) => message.content.map((block) => block.type);
