import { defineStreamDecoder, failUnfinished } from '../stream-decoder.ts';
import { completeGeminiStream } from './complete-stream.ts';
import { readEvent } from './read-event.ts';
import { createGeminiStreamState, type GeminiStream, type GeminiStreamState } from './stream-state.ts';

/** There is no end mark: the stream is whole when it closes after a finish reason. */
function close(stream: GeminiStream): void {
  if (stream.state.upstreamStopReason === null) failUnfinished(stream);
  else completeGeminiStream(stream);
}

/** Decodes a streamGenerateContent stream. */
export const createStreamDecoder = defineStreamDecoder<GeminiStreamState>({
  format: 'gemini',
  createState: createGeminiStreamState,
  read: readEvent,
  close,
});
