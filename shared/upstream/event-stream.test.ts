import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEventStreamDecoder, type EventStreamMessage, encodeEventStreamMessage } from './event-stream.ts';

/** Reads bytes in pieces cut at `cuts`. */
function read(bytes: Uint8Array, cuts: readonly number[] = []) {
  const decoder = createEventStreamDecoder();
  const messages: EventStreamMessage[] = [];
  const offsets = [0, ...[...cuts].sort((one, other) => one - other), bytes.length];
  for (const [index, end] of offsets.entries()) {
    if (index > 0) messages.push(...decoder.push(bytes.subarray(offsets[index - 1], end)));
  }
  decoder.end();
  return { messages, failure: decoder.failure };
}

const message = (text: string, headers: Record<string, string> = { ':event-type': 'chunk' }) =>
  encodeEventStreamMessage(headers, Buffer.from(text));

describe('the binary framing of event streams', () => {
  test("AWS's own test vectors are read", () => {
    // From the smithy and botocore suites: an empty message, a payload without headers, and an int32 header.
    const empty = Buffer.from('000000100000000005c248eb7d98c8ff', 'hex');
    const payload = Buffer.concat([
      Buffer.from('0000001d00000000fd528c5a', 'hex'),
      Buffer.from("{'foo':'bar'}"),
      Buffer.from('c3653936', 'hex'),
    ]);
    const header = Buffer.from(
      '0000002d0000001041c424b80a6576656e742d74797065040000a00c7b27666f6f273a27626172277d36f480a0',
      'hex',
    );
    const { messages, failure } = read(Buffer.concat([empty, payload, header]));
    expect(failure).toBeNull();
    expect(messages.map(({ headers, payload: bytes }) => [headers, bytes.toString()])).toEqual([
      [{}, ''],
      [{}, "{'foo':'bar'}"],
      [{ 'event-type': 40972 }, "{'foo':'bar'}"],
    ]);
  });

  test('every type of header is read', () => {
    const values = Buffer.concat(
      [
        [0],
        [1],
        [2, 0xff],
        [3, 0, 7],
        [4, 0, 0, 0, 9],
        [5, 0, 0, 0, 0, 0, 0, 0, 11],
        [6, 0, 2, 0xab, 0xcd],
        [7, 0, 2, 0x68, 0x69],
        [8, 0, 0, 0, 0, 0, 0, 3, 232],
        [9, ...new Array(16).fill(1)],
      ].map((value, index) => Buffer.from([1, 97 + index, ...value])),
    );
    // The encoder writes text headers only, so these are spliced into a message and its checksums made anew.
    const plain = encodeEventStreamMessage({}, values);
    const framed = Buffer.from(plain);
    framed.writeUInt32BE(values.length, 4);
    const { crc32 } = process.getBuiltinModule('node:zlib');
    framed.writeUInt32BE(crc32(framed.subarray(0, 8)), 8);
    framed.writeUInt32BE(crc32(framed.subarray(0, framed.length - 4)), framed.length - 4);
    expect(read(framed).messages[0]?.headers).toEqual({
      a: true,
      b: false,
      c: -1,
      d: 7,
      e: 9,
      f: 11n,
      g: 'abcd',
      h: 'hi',
      i: 1000,
      j: '01'.repeat(16),
    });
  });

  test('messages survive being cut at every offset', () => {
    const bytes = Buffer.concat([message('one'), message(''), message('{"text":"zwölf 🚀"}')]);
    const whole = read(bytes);
    expect(whole.messages).toHaveLength(3);
    for (let offset = 0; offset <= bytes.length; offset += 1) expect(read(bytes, [offset])).toEqual(whole);
    expect(read(bytes, [...bytes.keys()])).toEqual(whole);
  });

  test('what was written is read, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }), fc.string()), fc.uint8Array()), {
          maxLength: 5,
        }),
        fc.array(fc.nat(400), { maxLength: 8 }),
        (written, cuts) => {
          const bytes = Buffer.concat(written.map(([headers, payload]) => encodeEventStreamMessage(headers, payload)));
          const { messages, failure } = read(
            bytes,
            cuts.filter((cut) => cut <= bytes.length),
          );
          expect(failure).toBeNull();
          expect(messages.map(({ headers, payload }) => [headers, [...payload]])).toEqual(
            written.map(([headers, payload]) => [{ ...headers }, [...payload]]),
          );
        },
      ),
    );
  });

  test('a flip of any bit is found, and nothing damaged is delivered', () => {
    const good = message('before');
    const target = message('{"text":"hello"}');
    for (let bit = 0; bit < target.length * 8; bit += 1) {
      const damaged = Buffer.from(target);
      damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      const { messages, failure } = read(Buffer.concat([good, damaged, message('after')]));
      expect(failure).not.toBeNull();
      expect(messages.map(({ payload }) => payload.toString())).toEqual(['before']);
    }
  });

  test('a stream that ends inside a message is cut, and one that ends behind it is not', () => {
    const bytes = message('text');
    for (let length = 0; length <= bytes.length; length += 1) {
      const isEdge = length === 0 || length === bytes.length;
      expect(read(bytes.subarray(0, length)).failure).toBe(isEdge ? null : 'cut');
    }
  });

  test('a message larger than the limit is refused from its first bytes', () => {
    const decoder = createEventStreamDecoder({ messageBytesMax: 100 });
    expect(decoder.push(message('x'.repeat(200)).subarray(0, 12))).toEqual([]);
    expect(decoder.failure).toBe('message_too_large');
    expect(decoder.push(message('more'))).toEqual([]);
  });
});
