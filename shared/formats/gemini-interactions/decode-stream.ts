import { defineStreamDecoder, failUnfinished } from '../stream-decoder.ts';
import { readEvent } from './read-event.ts';
import { createInteractionStreamState, type InteractionStreamState } from './stream-state.ts';

/** Decodes a stream of Google's Interactions API, which says itself when the interaction is complete. */
export const createStreamDecoder = defineStreamDecoder<InteractionStreamState>({
  format: 'gemini-interactions',
  createState: createInteractionStreamState,
  read: readEvent,
  close: failUnfinished,
});
