import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeMessageStream } from '../../testing/message-stream-oracle.ts';
import { mutate, mutation } from '../../testing/mutate-json.ts';
import { cutBytes, type PlayedReply, playReply } from '../../testing/play-reply.ts';
import { createDecodeContext } from '../../testing/play-stream.ts';
import { PROPERTY } from '../../testing/property.ts';
import { type ReplyScript, replyScript } from '../../testing/reply-script.ts';
import { REPLY_WIRES, wireBytes, wireTexts } from '../../testing/reply-wires.ts';
import { REPLY_DECODERS } from './reply-decoders.ts';
import type { ReplyShape } from './reply-shape.ts';

const SHAPES = Object.keys(REPLY_WIRES) as ReplyShape[];
const SSE_SHAPES = SHAPES.filter((shape) => shape !== 'bedrock-converse');
const CONTEXT = createDecodeContext();
/** More than a parser holds of one event. */
const HUGE_CHARACTERS = 10 * 1024 * 1024;
const READ_BYTES = 65_536;
const SPOKEN: ReplyScript = { said: [{ type: 'text', text: 'a' }], stop: 'end', pieceCharacters: 1 };

/**
 * However broken the upstream is, the client gets an answer that keeps the rules, or an error and no end. Anthropic's
 * own events are handed on as they are, so that only their end is judged.
 */
async function expectHonest(shape: ReplyShape, { decoder, text }: PlayedReply): Promise<void> {
  const failure = decoder.failure();
  expect(decoder.isComplete()).toBe(failure === null);
  expect(/event: error\n/.test(text)).toBe(failure !== null);
  if (failure === null) expect(text).toContain('event: message_stop\n');
  else if (shape !== 'anthropic-messages') expect(text).not.toContain('event: message_stop\n');
  if (failure !== null || shape === 'anthropic-messages') return;
  const { violations } = await judgeMessageStream(Buffer.from(text));
  // Arguments that do not parse are delivered as they came, and the client reports them.
  const isReported = JSON.stringify(decoder.message()).includes('"__unparsedToolInput"');
  const broken = violations.filter((one) => !(isReported && /does not parse|the SDK refuses/.test(one)));
  expect(broken).toEqual([]);
}

describe.each(SHAPES)('a broken answer of %s', (shape) => {
  const wire = REPLY_WIRES[shape];

  test('with fields of any other kind is an answer or an error, never an exception', async () => {
    await fc.assert(
      fc.asyncProperty(replyScript, fc.array(mutation, { minLength: 1, maxLength: 4 }), async (script, mutations) => {
        const events = mutate(wire.events(script), mutations).filter(
          (event) => typeof event === 'object' && event !== null,
        );
        await expectHonest(shape, playReply(shape, [wireBytes(shape, events)]));
      }),
      PROPERTY,
    );
  });

  test('with events left out, repeated and out of order is an answer or an error', async () => {
    const order = fc.array(fc.nat(), { maxLength: 24 });
    await fc.assert(
      fc.asyncProperty(replyScript, order, async (script, picks) => {
        const events = wire.events(script);
        const picked = picks.flatMap((pick) => events[pick % events.length] ?? []);
        await expectHonest(shape, playReply(shape, [wireBytes(shape, picked)]));
      }),
      PROPERTY,
    );
  });

  test('with bytes changed anywhere is an answer or an error', async () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(replyScript, fc.array(change, { minLength: 1, maxLength: 3 }), async (script, changes) => {
        const bytes = Buffer.from(wireBytes(shape, wire.events(script)));
        for (const [place, value] of changes) bytes[place % bytes.length] = value;
        await expectHonest(shape, playReply(shape, [bytes]));
      }),
      PROPERTY,
    );
  });

  test('that is whole, with fields of any other kind, is a message or a typed failure', () => {
    fc.assert(
      fc.property(replyScript, fc.array(mutation, { minLength: 1, maxLength: 4 }), (script, mutations) => {
        const decoded = REPLY_DECODERS[shape].decodeResponse(mutate(wire.body(script), mutations), CONTEXT);
        if (decoded.type === 'failed') expect(decoded.error.message).not.toBe('');
        else expect(Array.isArray(decoded.message.content)).toBe(true);
      }),
      PROPERTY,
    );
  });

  test('that is anything at all is a typed failure, as a body, as an error and as bytes', () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(undefined, Number.NaN, Symbol.iterator, () => 1),
    );
    fc.assert(
      fc.property(anything, fc.string({ unit: 'binary' }), fc.integer({ min: 300, max: 599 }), (body, text, status) => {
        const { decodeResponse, decodeError } = REPLY_DECODERS[shape];
        expect(['decoded', 'failed']).toContain(decodeResponse(body, CONTEXT).type);
        for (const errorText of [text, JSON.stringify(body) ?? '', JSON.stringify({ error: body }) ?? '']) {
          const error = decodeError(status, { 'retry-after': text }, errorText, { nowSeconds: 0 });
          expect(error.message).not.toBe('');
          expect([401, 403]).not.toContain(error.status);
        }
        const { decoder } = playReply(shape, [Buffer.from(text, 'latin1')]);
        expect(decoder.isComplete()).toBe(false);
        expect(decoder.failure()).not.toBeNull();
      }),
      PROPERTY,
    );
  });
});

describe.each(SSE_SHAPES)('events of %s in odd but lawful framing', (shape) => {
  const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
  const between = fc.constantFrom('', ': keep-alive', ':', 'retry: 10', 'id: 7', ': 漢字');

  test('mean the same: any line ends, comments, a byte order mark, no blank line at the end', () => {
    fc.assert(
      fc.property(
        replyScript,
        fc.array(fc.tuple(lineEnd, between), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        fc.boolean(),
        (script, frames, hasMark, hasEnd) => {
          const texts = wireTexts(shape, REPLY_WIRES[shape].events(script));
          const framed = texts.map((text, index) => {
            const [end, extra] = frames[index % frames.length] ?? ['\n', ''];
            const lines = text.split('\n').slice(0, -2);
            return [...(extra === '' ? [] : [extra]), ...lines, ''].map((line) => `${line}${end}`).join('');
          });
          const whole = (hasMark ? '\ufeff' : '') + framed.join('');
          const bytes = Buffer.from(hasEnd ? whole : whole.replace(/(?:\r\n|\r|\n){2}$/, ''));
          expect(playReply(shape, [bytes]).text).toBe(playReply(shape, [Buffer.from(texts.join(''))]).text);
        },
      ),
      PROPERTY,
    );
  });

  test('among which are unknown ones mean the same', () => {
    const unknown = fc.constantFrom(
      'event: keepalive\ndata: {"type":"keepalive"}\n\n',
      'event: vendor.news\ndata: {"type":"vendor.news","event_type":"vendor.news","object":"news"}\n\n',
      'data:\n\n',
      'event: ping\n\n',
    );
    const places = fc.array(fc.tuple(fc.nat(), unknown), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(replyScript, places, (script, extras) => {
        const texts = [...wireTexts(shape, REPLY_WIRES[shape].events(script))];
        const plain = playReply(shape, [Buffer.from(texts.join(''))]);
        for (const [place, extra] of extras) texts.splice(place % texts.length, 0, extra);
        const played = playReply(shape, [Buffer.from(texts.join(''))]);
        expect(played.decoder.failure()).toBeNull();
        expect(played.decoder.message()).toEqual(plain.decoder.message());
      }),
      PROPERTY,
    );
  });

  test('of which one is larger than any server sends end in an error', () => {
    const texts = wireTexts(shape, REPLY_WIRES[shape].events(SPOKEN));
    const huge = `data: {"type":"x","text":"${'a'.repeat(HUGE_CHARACTERS)}"}\n\n`;
    const bytes = Buffer.from(`${texts[0]}${huge}${texts.slice(1).join('')}`);
    const reads = Array.from({ length: Math.ceil(bytes.length / READ_BYTES) }, (_, index) => index * READ_BYTES);
    const { decoder, text } = playReply(shape, cutBytes(bytes, reads));
    expect(decoder.isComplete()).toBe(false);
    expect(decoder.failure()).not.toBeNull();
    expect(text).not.toContain('message_stop');
  });
});
