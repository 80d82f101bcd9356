import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEncodeTarget } from './encode-target.ts';
import { createKnownParts } from './known-parts.ts';
import { isKnownValue } from './known-values.ts';
import { encodeOneByte, parseOneByte } from './one-byte-json.ts';
import { encodeRequest } from './openai-chat/encode-request.ts';
import { encodeOneByteBody } from './write-once.ts';

const MARK = 'a mark that nobody guesses';
const TARGET = createEncodeTarget({ model: 'mock' });

function tool(name: string, description: string): Record<string, unknown> {
  return { name, description, input_schema: { type: 'object', properties: { path: { type: 'string' } } } };
}

/** Enough of them to be worth knowing. */
function tools(text: string, count = 30): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => tool(`tool_${index}`, `${text} ${'what it does '.repeat(6)}`));
}

function bytesOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function request(list: unknown, text = 'hello'): Record<string, unknown> {
  return { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: text }], tools: list, stream: false };
}

function parsedValue(parsed: ReturnType<typeof parseOneByte>): Record<string, unknown> {
  if (parsed.type === 'unfit') throw new Error('expected the one-byte way to take this');
  return parsed.value as Record<string, unknown>;
}

function knowingNothing() {
  const parts = createKnownParts({ mark: MARK, now: () => 0 });
  return { parse: (bytes: Buffer, owner = 'one') => parts.parse(bytes, owner) };
}

/** Knows these tools: they came twice. */
function knowing(...lists: readonly unknown[]) {
  const known = knowingNothing();
  for (const list of lists) for (let round = 0; round < 2; round += 1) known.parse(bytesOf(request(list)));
  return known;
}

describe('known tools', () => {
  it('are the same frozen object from the third request on, wherever they stand in it', () => {
    const known = knowing(tools('é 猫'));
    const first = parsedValue(known.parse(bytesOf(request(tools('é 猫'), 'one'))))['tools'];
    const { tools: list, ...rest } = request(tools('é 猫'), 'another text');
    const second = parsedValue(known.parse(bytesOf({ tools: list, ...rest })))['tools'];
    expect(second).toBe(first);
    expect(isKnownValue(first)).toBe(true);
    expect(Object.isFrozen(first)).toBe(true);
  });

  it('are told apart when they differ in their last tool alone', () => {
    const other = [...tools('x'), tool('last', 'another')];
    const known = knowing(tools('x'), other);
    expect(parsedValue(known.parse(bytesOf(request(other))))['tools']).toEqual(other);
    expect(parsedValue(known.parse(bytesOf(request(tools('x')))))['tools']).toEqual(tools('x'));
  });

  it('are found beside what tools were called with, and in no text', () => {
    const known = knowing(tools('x'));
    const inside = { type: 'tool_use', id: 'a', name: 'b', input: { tools: tools('x') } };
    const quoted = `before "tools":${JSON.stringify(tools('x'))} after`;
    for (const content of [[inside], quoted, [{ type: 'text', text: quoted }, inside]]) {
      const body = { ...request(tools('x')), messages: [{ role: 'user', content }] };
      expect(parsedValue(known.parse(bytesOf(body)))).toEqual(body);
      const without = { ...body, tools: undefined };
      expect(parsedValue(known.parse(bytesOf(without)))).toEqual(JSON.parse(JSON.stringify(without)));
    }
  });

  it('give what a plain parse gives, also where a member comes twice, or is cut', () => {
    const known = knowing(tools('x'));
    const list = JSON.stringify(tools('x'));
    const texts = [
      `{"tools":${list},"tools":"another text"}`,
      `{"tools":"no","tools":${list}}`,
      `{"tools":${list},"tools":${list}}`,
      `[{"tools":${list}}]`,
      `{"tools":${list}`,
      `{"tools":${list}x}`,
      `{"tools":${list.slice(0, -1)},5]}`,
      `{"a":{"tools":${list}},"tools":[]}`,
      `"tools":${list}`,
    ];
    for (const text of texts) {
      const parsed = known.parse(Buffer.from(text));
      expect(parsed, text.slice(0, 20)).toEqual(parseOneByte(Buffer.from(text)));
    }
  });

  it('leave bytes that are no UTF-8 around them to the plain way', () => {
    const known = knowing(tools('x'));
    const bytes = Buffer.concat([bytesOf(request(tools('x'))), Buffer.from([0xff])]);
    expect(known.parse(bytes)).toEqual({ type: 'unfit' });
  });

  it('give the same value as a plain parse for any request', () => {
    const known = knowing(tools('x'), tools('y', 12));
    const lists: readonly unknown[] = [tools('x'), tools('y', 12), [...tools('x'), 5], tools('z'), 'no list', [], null];
    const list = fc.nat(lists.length - 1).map((index) => lists[index]);
    const content = fc.oneof(fc.constantFrom('é 猫', '\u0000"'), fc.jsonValue({ maxDepth: 2 }), list);
    fc.assert(
      fc.property(list, content, fc.boolean(), fc.nat(1), (value, inner, isFirst, indent) => {
        const body = isFirst
          ? { tools: value, messages: [inner] }
          : { messages: [inner], input: { tools: inner }, tools: value };
        const bytes = Buffer.from(JSON.stringify(body, null, indent));
        // As text: comparing the values themselves takes a hundred times as long.
        expect(JSON.stringify(known.parse(bytes))).toBe(JSON.stringify(parseOneByte(bytes)));
      }),
    );
  });
});

describe('a request with known tools', () => {
  const encoded = (body: unknown) =>
    encodeRequest({ body: body as never, extras: {}, isOneByte: true } as never, TARGET);

  it('is written as the same bytes and the same losses as any other', () => {
    const special = [{ ...tool('a.b c', 'é'), cache_control: { type: 'ephemeral' } }, tool('x'.repeat(80), '猫')];
    const list = [...tools('è'), ...special, { name: 'no_schema' }, { name: 'half', input_schema: { required: [] } }];
    const known = knowing(list);
    const body = { ...request(list), system: 'sé', tool_choice: { type: 'auto', disable_parallel_tool_use: true } };
    const plain = encoded(parsedValue(parseOneByte(bytesOf(body))));
    for (let round = 0; round < 3; round += 1) {
      const again = encoded(parsedValue(known.parse(bytesOf(body))));
      expect(encodeOneByteBody(again.body as object).equals(encodeOneByte(plain.body))).toBe(true);
      expect(again.losses).toEqual(plain.losses);
    }
  });

  it('is written whole when its tools are its only member, its first or its last', () => {
    const known = knowing(tools('x'));
    const parsed = parsedValue(known.parse(bytesOf(request(tools('x')))));
    const made = (encoded(parsed).body as Record<string, unknown>)['tools'];
    for (const body of [{ tools: made }, { tools: made, a: 1 }, { a: 1, tools: made }, { a: 1, tools: made, b: [] }]) {
      expect(encodeOneByteBody(body).toString('latin1')).toBe(JSON.stringify(body));
    }
  });
});
