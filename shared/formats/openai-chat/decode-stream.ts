import { defineStreamDecoder, failUnfinished } from '../stream-decoder.ts';
import { lose } from '../stream-frame.ts';
import { isWholeJsonObject } from '../tool-input.ts';
import { completeChatStream } from './complete-stream.ts';
import { createBytesReader, readEvent, readUnparsed } from './read-event.ts';
import { type ChatStream, type ChatStreamState, createChatStreamState } from './stream-state.ts';

/** `[DONE]` without a finish reason is an end only if nothing was left half said. */
function isSettled(state: ChatStreamState): boolean {
  if (state.upstreamStopReason !== null) return true;
  return (
    state.phase === 'streaming' &&
    state.segments.every((segment) => segment.type !== 'tool' || isWholeJsonObject(segment.arguments))
  );
}

function readEndMark(stream: ChatStream): void {
  const { state } = stream;
  if (!isSettled(state)) {
    failUnfinished(stream);
    return;
  }
  if (state.upstreamStopReason === null) lose(stream, 'approximated', '/stop_reason', 'upstream gave no finish_reason');
  completeChatStream(stream);
}

function close(stream: ChatStream): void {
  if (stream.state.upstreamStopReason === null) failUnfinished(stream);
  else completeChatStream(stream);
}

/** Decodes a Chat Completions stream. */
export const createStreamDecoder = defineStreamDecoder<ChatStreamState>({
  format: 'openai-chat',
  createState: createChatStreamState,
  read: readEvent,
  readUnparsed,
  createBytesReader,
  readEndMark,
  close,
});
