import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readChatStream, readResponseStream } from '../../testing/openai-client-oracle.ts';
import { playReply } from '../../testing/play-reply.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { PROPERTY } from '../../testing/property.ts';
import { replyScript } from '../../testing/reply-script.ts';
import { REPLY_WIRES, wireBytes } from '../../testing/reply-wires.ts';
import type { CanonicalStreamEvent } from '../canonical.ts';
import { CLIENT_FORMATS } from '../registry.ts';
import type { ReplyShape } from './reply-shape.ts';

const shape = fc.constantFrom(...(Object.keys(REPLY_WIRES) as ReplyShape[]));

function encodeFor(name: 'openai-chat' | 'openai-responses', events: readonly CanonicalStreamEvent[]): Buffer {
  const { callId, nowSeconds, request } = createDecodeContext();
  const context = { callId, nowSeconds, request: { body: request, extras: {} } };
  const encoder = CLIENT_FORMATS[name]?.createStreamEncoder(context);
  return Buffer.from(events.map((event) => encoder?.encode(event) ?? '').join(''));
}

test('any answer of any wire reads the same with both clients of OpenAI', async () => {
  await fc.assert(
    fc.asyncProperty(shape, replyScript, async (wire, script) => {
      const { events } = playReply(wire, [wireBytes(wire, REPLY_WIRES[wire].events(script))]);
      const text = script.said.map((one) => (one.type === 'text' ? one.text : '')).join('');
      const inputs = JSON.stringify(script.said.flatMap((one) => (one.type === 'call' ? [one.input] : [])));
      const chat = await readChatStream(encodeFor('openai-chat', events));
      if (chat.type === 'refused') throw chat.error;
      const message = chat.answer.choices[0]?.message;
      expect(message?.content ?? '').toBe(text);
      const called = message?.tool_calls?.map((call) =>
        'function' in call ? JSON.parse(call.function.arguments) : null,
      );
      expect(JSON.stringify(called ?? [])).toBe(inputs);
      const responses = await readResponseStream(encodeFor('openai-responses', events));
      if (responses.type === 'refused') throw responses.error;
      expect(responses.answer.response.output_text).toBe(text);
      const items = responses.answer.response.output.filter((item) => item.type === 'function_call');
      expect(JSON.stringify(items.map((item) => JSON.parse(item.arguments)))).toBe(inputs);
    }),
    PROPERTY,
  );
});
