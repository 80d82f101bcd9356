import { defineStreamDecoder, failUnfinished } from '../stream-decoder.ts';
import { createFrameState } from '../stream-frame.ts';
import { type AnthropicStreamState, readEvent } from './read-event.ts';

/** Reads an Anthropic stream, whose events are canonical already. */
export const createStreamDecoder = defineStreamDecoder<AnthropicStreamState>({
  format: 'anthropic-messages',
  createState: () => ({ ...createFrameState(), blocksAtStart: 0, endAtStart: null, isRewritten: false }),
  read: readEvent,
  takeRewritten(state) {
    const { isRewritten } = state;
    state.isRewritten = false;
    return isRewritten;
  },
  close: failUnfinished,
});
