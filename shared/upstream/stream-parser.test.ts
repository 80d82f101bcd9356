import { expect, test } from 'vitest';
import { encodeEventStreamMessage } from './event-stream.ts';
import { encodeSseEvent } from './sse.ts';
import { createStreamParser, isEventStream } from './stream-parser.ts';

const BINARY = 'application/vnd.amazon.eventstream';
const context = { nowSeconds: 0 };
const frame = (name: string, payload: string) =>
  encodeEventStreamMessage({ ':event-type': name, ':message-type': 'event' }, Buffer.from(payload));

test('the content type of an answer decides its framing, and the format what a message means', () => {
  const text = '{"type":"ping"}';
  const converse = createStreamParser(BINARY, 'bedrock-converse', context);
  expect(converse.push(frame('messageStart', '{"role":"assistant"}'))).toEqual([
    { event: 'messageStart', data: '{"role":"assistant"}' },
  ]);
  const invoke = createStreamParser(`${BINARY}; charset=utf-8`, 'anthropic-messages', context);
  const chunk = JSON.stringify({ bytes: Buffer.from(text).toString('base64') });
  expect(invoke.push(frame('chunk', chunk))).toEqual([{ event: 'ping', data: text }]);
  for (const contentType of ['text/event-stream', undefined]) {
    const sse = createStreamParser(contentType, 'anthropic-messages', context);
    expect(sse.push(Buffer.from(encodeSseEvent({ event: 'ping', data: text })))).toMatchObject([
      { event: 'ping', data: text },
    ]);
  }
});

test('a damaged or cut answer shows in the failure', () => {
  const damaged = frame('messageStart', '{}');
  damaged.writeUInt8(damaged.readUInt8(20) ^ 1, 20);
  const parser = createStreamParser(BINARY, 'bedrock-converse', context);
  expect(parser.push(damaged)).toEqual([]);
  expect(parser.failure).toBe('corrupt');
  const cut = createStreamParser(BINARY, 'bedrock-converse', context);
  cut.push(frame('messageStart', '{}').subarray(0, 10));
  expect(cut.failure).toBeNull();
  expect(cut.end()).toEqual([]);
  expect(cut.failure).toBe('cut');
});

test('binary framing is told by its content type alone', () => {
  expect(isEventStream('Application/vnd.amazon.eventstream')).toBe(true);
  expect(isEventStream('text/event-stream')).toBe(false);
  expect(isEventStream(undefined)).toBe(false);
});
