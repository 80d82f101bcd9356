import { anthropicError, FAKE_ANTHROPIC_WIRE } from './fake-anthropic-wire.ts';
import { EVENT_STREAM_TYPE, eventFrame } from './fake-converse-wire.ts';
import type { FakeWire } from './fake-wire.ts';
import { refuseAnthropicBody } from './strict-anthropic.ts';

/** The JSON of one event of an SSE stream. */
function dataOf(event: string | Uint8Array): string {
  return /^data: (.*)$/m.exec(String(event))?.[1] ?? '';
}

/** Anthropic's Messages inside of Bedrock's InvokeModel: every event is a chunk in AWS's framing. */
export const FAKE_BEDROCK_ANTHROPIC_WIRE: FakeWire = {
  ...FAKE_ANTHROPIC_WIRE,
  path: /^\/model\/[^/]+\/(?:invoke|invoke-with-response-stream)$/,
  modelInPath: /^\/model\/([^/]+)\//,
  streamPath: /\/invoke-with-response-stream$/,
  streamType: EVENT_STREAM_TYPE,
  refuse: ({ body, headers }) => refuseAnthropicBody(body, headers, 'bedrock'),
  error: (_status, message) => ({ message }),
  events: (message, request, delivery) =>
    FAKE_ANTHROPIC_WIRE.events(message, request, delivery).map((event) =>
      eventFrame('chunk', { bytes: Buffer.from(dataOf(event)).toString('base64'), p: 'abcdefgh' }),
    ),
};

/** Anthropic's Messages behind Vertex AI's rawPredict. */
export const FAKE_VERTEX_ANTHROPIC_WIRE: FakeWire = {
  ...FAKE_ANTHROPIC_WIRE,
  path: /^\/v1\/projects\/[^/]+\/locations\/[^/]+\/publishers\/anthropic\/models\/[^/:]+:(?:rawPredict|streamRawPredict)$/,
  modelInPath: /\/models\/([^/:]+):/,
  streamPath: /:streamRawPredict$/,
  refuse: ({ body, headers }) => refuseAnthropicBody(body, headers, 'vertex'),
  error: anthropicError,
};
