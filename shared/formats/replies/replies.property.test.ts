import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import { cutBytes, playReply, singleBytes } from '../../testing/play-reply.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { PROPERTY } from '../../testing/property.ts';
import { type ReplyScript, replyScript } from '../../testing/reply-script.ts';
import { REPLY_WIRES, wireBytes } from '../../testing/reply-wires.ts';
import type { CanonicalMessage } from '../canonical.ts';
import { REPLY_DECODERS } from './reply-decoders.ts';
import { type ReplyShape, replyShape } from './reply-shape.ts';

const SHAPES = Object.keys(REPLY_WIRES) as ReplyShape[];
const CONTEXT = createDecodeContext();

const inputsOf = ({ said }: ReplyScript) => said.flatMap((one) => (one.type === 'call' ? [one.input] : []));
const textOf = ({ said }: ReplyScript, type: 'text' | 'thinking') =>
  said.map((one) => (one.type === type ? one.text : '')).join('');

function stopReasonOf(script: ReplyScript): string {
  if (script.stop === 'limit') return 'max_tokens';
  return inputsOf(script).length > 0 ? 'tool_use' : 'end_turn';
}

/** What a message says, to compare with its script. JSON has one zero only, and `-0` comes back as the other. */
function saidIn(message: CanonicalMessage | null) {
  const content = message?.content ?? [];
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    thinking: content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
    inputs: JSON.stringify(content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : []))),
    stopReason: message?.stop_reason,
  };
}

function saidBy(script: ReplyScript) {
  return {
    text: textOf(script, 'text'),
    thinking: textOf(script, 'thinking'),
    inputs: JSON.stringify(inputsOf(script)),
    stopReason: stopReasonOf(script),
  };
}

/** Anthropic may say nothing at all; nobody else's message is without a block. */
const violationsOf = (shape: ReplyShape, violations: readonly string[]) =>
  violations.filter((violation) => !(shape === 'anthropic-messages' && violation === 'no content block'));

const script = (said: ReplyScript['said']): ReplyScript => ({ said, stop: 'end', pieceCharacters: 4 });
const FIXED = script([
  { type: 'thinking', text: 'hm 漢' },
  { type: 'text', text: 'Grüße 😀' },
  { type: 'call', name: 'read', input: { path: 'ä', n: [1, { deep: null }] } },
  { type: 'call', name: 'write', input: {} },
]);

describe.each(SHAPES)('any answer of %s', (shape) => {
  const wire = REPLY_WIRES[shape];

  test('is known by its shape, event by event and whole', () => {
    for (const event of wire.events(FIXED)) expect(replyShape(event as Record<string, unknown>)).toBe(shape);
    expect(replyShape(wire.body(FIXED) as Record<string, unknown>)).toBe(shape);
  });

  test('streams what it says, keeps the rules of the oracle, and equals the answer that is whole', async () => {
    await fc.assert(
      fc.asyncProperty(replyScript, async (given) => {
        const bytes = wireBytes(shape, wire.events(given));
        const { decoder, text } = playReply(shape, [bytes]);
        expect(decoder.failure()).toBeNull();
        expect(saidIn(decoder.message())).toEqual(saidBy(given));
        const whole = REPLY_DECODERS[shape].decodeResponse(JSON.parse(JSON.stringify(wire.body(given))), CONTEXT);
        if (whole.type === 'failed') throw new Error(whole.error.message);
        const toolInputs = JSON.parse(JSON.stringify(inputsOf(given))) as unknown[];
        const verdict = await judgeMessageStream(Buffer.from(text), { toolInputs, wholeMessage: whole.message });
        expect(violationsOf(shape, verdict.violations)).toEqual([]);
      }),
      PROPERTY,
    );
  });

  test('is the same bytes for the client wherever the bytes of the upstream are cut', () => {
    fc.assert(
      fc.property(replyScript, fc.array(fc.nat(), { maxLength: 6 }), (given, places) => {
        const bytes = wireBytes(shape, wire.events(given));
        const { text } = playReply(shape, [bytes]);
        const cuts = places.map((place) => place % (bytes.length + 1));
        expect(playReply(shape, cutBytes(bytes, cuts)).text).toBe(text);
        expect(playReply(shape, singleBytes(bytes)).text).toBe(text);
      }),
      PROPERTY,
    );
  });

  test('is the same bytes cut at each single offset', () => {
    const bytes = wireBytes(shape, wire.events(FIXED));
    const { text } = playReply(shape, [bytes]);
    for (let offset = 0; offset <= bytes.length; offset += 1) {
      expect(playReply(shape, cutBytes(bytes, [offset])).text).toBe(text);
    }
  });

  test('cut short at any event is an error, unless the server had said that it was over', () => {
    fc.assert(
      fc.property(replyScript, fc.nat(), (given, place) => {
        const events = wire.events(given);
        const isTail = (event: object) =>
          /finish_reason":"|finishReason|messageStop|_stop"|message-end|completed"|incomplete"/.test(
            JSON.stringify(event),
          );
        const end = events.findIndex(isTail);
        const kept = events.slice(0, place % (end + 1));
        const bytes = Buffer.from(wireBytes(shape, kept).toString('latin1').replace('data: [DONE]\n\n', ''), 'latin1');
        const { decoder, text } = playReply(shape, [bytes]);
        expect(decoder.failure()).not.toBeNull();
        expect(text).toMatch(/event: error\n/);
        expect(text).not.toMatch(/event: message_stop/);
      }),
      PROPERTY,
    );
  });
});
