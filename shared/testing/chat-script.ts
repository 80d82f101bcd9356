import { expect } from 'vitest';
import type { CanonicalBody } from '../formats/canonical.ts';
import { judgeMessageStream } from './message-stream-oracle.ts';
import { chatChunk, encodeChatStream, playChatStream } from './play-chat-stream.ts';
import { createDecodeContext } from './play-stream.ts';

export const finish = (reason: string, choice: object = {}) => chatChunk({}, { finish_reason: reason, ...choice });
export const usage = (more: object = {}) => ({
  choices: [],
  usage: { prompt_tokens: 100, completion_tokens: 7, total_tokens: 107, ...more },
});
export const call = (index: number, piece: { id?: string; name?: string; args?: string }) =>
  chatChunk({
    tool_calls: [
      {
        index,
        ...(piece.id === undefined ? {} : { id: piece.id, type: 'function' }),
        function: {
          ...(piece.name === undefined ? {} : { name: piece.name }),
          ...(piece.args === undefined ? {} : { arguments: piece.args }),
        },
      },
    ],
  });

/** Plays chunks and has the oracle judge what a client gets. */
export async function deliver(
  chunks: readonly object[],
  request: Partial<CanonicalBody> = {},
  toolInputs?: readonly unknown[],
) {
  const context = createDecodeContext(request);
  const { bytes, decoder } = playChatStream(encodeChatStream(chunks), context);
  const verdict = await judgeMessageStream(bytes, toolInputs === undefined ? {} : { toolInputs });
  expect(verdict.violations).toEqual([]);
  expect(decoder.isComplete()).toBe(true);
  const message = decoder.message();
  if (message === null) throw new Error('no message');
  return {
    message,
    events: verdict.events,
    losses: decoder.losses().map((loss) => `${loss.kind} ${loss.detail}`),
    decoder,
  };
}

export const types = (message: { content: readonly { type: string }[] }) => message.content.map((block) => block.type);
