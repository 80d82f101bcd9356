import { defineStreamDecoder, failUnfinished } from '../stream-decoder.ts';
import { readEvent } from './read-event.ts';
import { createResponsesStreamState, type ResponsesStreamState } from './stream-state.ts';

/** Decodes a stream of `response.*` events, which say themselves when the response is complete. */
export const createStreamDecoder = defineStreamDecoder<ResponsesStreamState>({
  format: 'openai-responses',
  createState: createResponsesStreamState,
  read: readEvent,
  close: failUnfinished,
});
