import { type ChatStreamState, createChatStreamState } from '../openai-chat/stream-state.ts';
import { defineStreamDecoder, failUnfinished } from '../stream-decoder.ts';
import { readEvent } from './read-event.ts';

/** Decodes a stream of Cohere's own chat API, whose pieces are those of Chat Completions under other names. */
export const createStreamDecoder = defineStreamDecoder<ChatStreamState>({
  format: 'cohere-chat',
  createState: createChatStreamState,
  read: readEvent,
  close: failUnfinished,
});
