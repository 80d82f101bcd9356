import { encodeEventStreamMessage } from '#shared/upstream/event-stream.ts';
import { ANTHROPIC_WIRE, anthropicEvents } from './anthropic-wire.ts';
import { CONVERSE_WIRE } from './converse-wire.ts';
import type { Wire } from './wire.ts';

function chunk(payload: string): Buffer {
  const headers = { ':event-type': 'chunk', ':content-type': 'application/json', ':message-type': 'event' };
  const bytes = Buffer.from(payload).toString('base64');
  return encodeEventStreamMessage(headers, Buffer.from(JSON.stringify({ bytes })));
}

/** Anthropic's models behind Bedrock's InvokeModel: its events, each in a frame of AWS's own; its errors, AWS's. */
export const INVOKE_WIRE: Wire = {
  streamType: CONVERSE_WIRE.streamType,
  body: ANTHROPIC_WIRE.body,
  frames: (answer, context) => anthropicEvents(answer, context).map((event) => chunk(JSON.stringify(event))),
  replay: (events) => events.map((event) => chunk(JSON.stringify(event))),
  fault: CONVERSE_WIRE.fault,
  streamFault: CONVERSE_WIRE.streamFault,
  garbage: chunk('{"type": "content_bl'),
};
