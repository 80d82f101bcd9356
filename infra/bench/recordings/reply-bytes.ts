import { encodeConverseStream } from '#shared/testing/play-converse-stream.ts';
import { encodeSseEvent } from '#shared/upstream/sse.ts';
import { eventName, hasEnd, type RecordedReply } from './recorded-reply.ts';

/** The bytes of a reply as its server sent them: the recordings left the framing out. */
export function replyBytes(reply: RecordedReply): Buffer {
  const { shape, lines, payloads } = reply;
  if (shape === 'bedrock-converse') return encodeConverseStream(payloads as readonly Record<string, object>[]);
  const isEnded = shape === 'openai-chat' && hasEnd(reply);
  const events = lines.map((data, index) => {
    const payload = payloads.length === lines.length ? payloads[index] : undefined;
    const event = payload === undefined ? undefined : eventName(shape, payload);
    return encodeSseEvent({ event, data });
  });
  return Buffer.from(events.join('') + (isEnded ? encodeSseEvent({ data: '[DONE]' }) : ''));
}
