import type { SseEvent } from '../../upstream/sse.ts';
import { defineStreamDecoder, failUnfinished } from '../stream-decoder.ts';
import { fail } from '../stream-frame.ts';
import { completeConverseStream } from './complete-stream.ts';
import { apiErrorFromException, parseErrorBody } from './decode-error.ts';
import { readEvent } from './read-event.ts';
import { exceptionName } from './read-message.ts';
import { type ConverseStream, type ConverseStreamState, createConverseStreamState } from './stream-state.ts';

function takeException(stream: ConverseStream, event: SseEvent): boolean {
  const exception = exceptionName(event.event ?? '');
  if (exception === null) return false;
  fail(stream, apiErrorFromException(exception, parseErrorBody(event.data), null, stream.context));
  return true;
}

/** The connection closed: the answer is whole only if the model said that it stopped. */
function close(stream: ConverseStream): void {
  if (stream.state.upstreamStopReason === null) failUnfinished(stream);
  else completeConverseStream(stream);
}

/** Decodes a ConverseStream whose framing `readConverseMessage` has taken off: events by name, with JSON as data. */
export const createStreamDecoder = defineStreamDecoder<ConverseStreamState>({
  format: 'bedrock-converse',
  createState: createConverseStreamState,
  read: readEvent,
  intercept: takeException,
  close,
});
