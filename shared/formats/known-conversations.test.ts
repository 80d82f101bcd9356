import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRequest } from './anthropic-messages/decode-request.ts';
import { fitsOneByte } from './anthropic-messages/fits-one-byte.ts';
import type { Canonical, CanonicalBody } from './canonical.ts';
import { createEncodeTarget } from './encode-target.ts';
import { isJsonObject } from './json-object.ts';
import { createKnownParts, type KnownParts } from './known-parts.ts';
import { isKnownValue } from './known-values.ts';
import { encodeOneByte, type OneByteParse, parseOneByte } from './one-byte-json.ts';
import { encodeRequest } from './openai-chat/encode-request.ts';
import { encodeOneByteBody } from './write-once.ts';

type Message = Record<string, unknown>;

const TARGETS = [
  createEncodeTarget({ model: 'mock' }),
  createEncodeTarget({ model: 'other', quirks: ['openai-extras', 'cache-control'] }),
  createEncodeTarget({
    model: 'strict',
    quirks: ['no-user-after-tool', 'no-system-role', 'assistant-prefix', 'nine-character-tool-ids'],
  }),
];
const LONG = 'what an agent is told at length '.repeat(160);
const MARK = { cache_control: { type: 'ephemeral' } };

function knowing(): KnownParts {
  return createKnownParts({ mark: 'a mark that nobody guesses', now: () => 0 });
}

function bytesOf(body: object, indent = 0): Buffer {
  return Buffer.from(JSON.stringify(body, null, indent));
}

function bodyOf(parsed: OneByteParse): CanonicalBody {
  if (parsed.type === 'unfit') throw new Error('expected the one-byte way to take this');
  return parsed.value as CanonicalBody;
}

/** A turn of an agent: what it says and calls, and the result. */
function turn(index: number, text: string): Message[] {
  const id = `toolu_${index}`;
  return [
    {
      role: 'assistant',
      content: [
        { type: 'text', text },
        { type: 'tool_use', id, name: 'read', input: { text } },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: `${text} ${index}` }] },
  ];
}

function conversation(turns: number, text = 'é 猫'): Message[] {
  return [{ role: 'user', content: text }, ...Array.from({ length: turns }, (_, index) => turn(index, text)).flat()];
}

function request(messages: readonly unknown[], session = 's'): Record<string, unknown> {
  const system = [
    { type: 'text', text: 'x-anthropic-billing-header: a' },
    { type: 'text', text: LONG, ...MARK },
  ];
  return { model: 'm', max_tokens: 9, messages, system, metadata: { user_id: session } };
}

/** As clients do: the last message is marked. */
function marked(messages: readonly Message[]): Message[] {
  return messages.map((message, index) => {
    const { content } = message;
    if (index < messages.length - 1 || !Array.isArray(content)) return message;
    return { ...message, content: content.map((block: object) => ({ ...block, ...MARK })) };
  });
}

const anyText = fc.oneof(fc.constantFrom('', 'é 猫', '\u0000"\\', ']},{"role":'), fc.string({ unit: 'binary' }));
const anyBlock = fc.oneof(
  anyText.map((text) => ({ type: 'text', text })),
  anyText.map((text) => ({ type: 'text', text, ...MARK })),
  fc.nat(3).map((id) => ({ type: 'tool_use', id: `t${id}`, name: 'n', input: { a: [1.5, null] } })),
  fc.tuple(fc.nat(3), anyText, fc.boolean()).map(([id, content, isError]) => ({
    ...{ type: 'tool_result', tool_use_id: `t${id}`, content },
    ...(isError ? { is_error: true } : {}),
  })),
  anyText.map((data) => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data } })),
  anyText.map((thinking) => ({ type: 'thinking', thinking, signature: 's' })),
  fc.jsonValue({ maxDepth: 2 }).map((content) => ({ type: 'odd', content })),
);
const anyMessage = fc.record({
  role: fc.constantFrom('user', 'assistant', 'assistant', 'user', 'system'),
  content: fc.oneof(anyText, fc.array(anyBlock, { maxLength: 4 })),
});
const anyMessages = fc.array(fc.oneof({ weight: 9, arbitrary: anyMessage }, { weight: 1, arbitrary: fc.jsonValue() }), {
  minLength: 1,
  maxLength: 12,
});
/** Conversations of agents are what is written once; any others are written whole. */
const anyOpening = fc.oneof(
  anyMessages,
  fc.tuple(fc.nat(6), anyText).map((of) => conversation(...of) as unknown[]),
);
/** What makes the next request of a request's messages. */
const anyStep = fc.oneof(
  fc.constant((messages: readonly unknown[]) => [...messages]),
  fc.array(anyMessage, { maxLength: 3 }).map((more) => (messages: readonly unknown[]) => [...messages, ...more]),
  fc.array(anyMessage, { maxLength: 3 }).map((more) => (messages: readonly unknown[]) => {
    return marked([...messages.filter((message) => isJsonObject(message)), ...more] as Message[]);
  }),
  fc.tuple(fc.nat(11), anyMessage).map(
    ([at, message]) =>
      (messages: readonly unknown[]) =>
        messages.with(at % messages.length, message),
  ),
  fc.nat(11).map((at) => (messages: readonly unknown[]) => messages.slice(at % messages.length)),
  fc.nat(11).map((at) => (messages: readonly unknown[]) => messages.slice(0, 1 + (at % messages.length))),
);
const SYSTEMS: readonly unknown[] = [
  undefined,
  LONG,
  [{ type: 'text', text: LONG }],
  [
    { type: 'text', text: 'x-anthropic-billing-header: a' },
    { type: 'text', text: LONG, ...MARK },
  ],
  [
    { type: 'text', text: 'x-anthropic-billing-header: b' },
    { type: 'text', text: LONG, ...MARK },
  ],
  [
    { type: 'text', text: `${LONG}é` },
    { type: 'text', text: 'more' },
  ],
];
const anySystem = fc.nat(SYSTEMS.length - 1);
/** How a client writes its requests down. */
const anyForm = fc.record({
  indent: fc.constantFrom(0, 0, 0, 1),
  isLast: fc.boolean(),
  escapes: fc.boolean(),
  flip: fc.option(fc.nat(), { freq: 8 }),
});

function written(
  body: Record<string, unknown>,
  form: { indent: number; isLast: boolean; escapes: boolean; flip: number | null },
): Buffer {
  const { messages, ...rest } = body;
  const text = JSON.stringify(form.isLast ? { ...rest, messages } : body, null, form.indent);
  const bytes = Buffer.from(form.escapes ? text.replaceAll('/', '\\/').replaceAll('a', '\\u0061') : text);
  const at = form.flip === null ? -1 : form.flip % bytes.length;
  if (at >= 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
  return bytes;
}

/** What goes upstream, and what is lost, of a request that was parsed in some way. */
function sent(parsed: OneByteParse, target: (typeof TARGETS)[number], write: (body: object) => Buffer) {
  if (parsed.type === 'unfit') return 'unfit';
  const decoded = decodeRequest(parsed.value);
  if (decoded.type === 'rejected' || !fitsOneByte(decoded.canonical.body)) return 'refused';
  const canonical: Canonical = { ...decoded.canonical, isOneByte: true };
  const { body, losses, path, headers } = encodeRequest(canonical, target);
  return { text: write(body as object).toString('latin1'), losses, path, headers };
}

describe('known conversations', () => {
  it('hand out the messages of the request before as the same objects', () => {
    const parts = knowing();
    const messages = conversation(6);
    for (let round = 0; round < 2; round += 1) parts.parse(bytesOf(request(messages)), 'one');
    const before = bodyOf(parts.parse(bytesOf(request(messages)), 'one'));
    const next = bodyOf(parts.parse(bytesOf(request([...messages, ...turn(6, 'new')])), 'one'));
    expect(next.messages.slice(0, messages.length)).toEqual(before.messages);
    expect(
      next.messages.every((message, index) => index >= messages.length || message === before.messages[index]),
    ).toBe(true);
    expect(next.messages.every(isKnownValue)).toBe(true);
  });

  it('stay known while the client moves its cache breakpoint and changes its attribution line', () => {
    const parts = knowing();
    const seen: object[][] = [];
    for (let turns = 1; turns < 12; turns += 1) {
      const body = request(marked(conversation(turns)));
      (body['system'] as unknown[])[0] = { type: 'text', text: `x-anthropic-billing-header: ${turns}` };
      seen.push(bodyOf(parts.parse(bytesOf(body), 'one')).messages);
    }
    const [before, last] = [seen.at(-2) ?? [], seen.at(-1) ?? []];
    // All but the message that was marked, and the one behind that is the last.
    expect(before.slice(0, -1).every((message, index) => message === last[index])).toBe(true);
    expect(before.at(-1)).not.toBe(last[before.length - 1]);
  });

  it('are not known of another owner', () => {
    const parts = knowing();
    const bytes = bytesOf(request(conversation(6)));
    const own = [0, 1, 2].map(() => bodyOf(parts.parse(bytes, 'one')).messages[0]);
    expect(own[2]).toBe(own[1]);
    const other = bodyOf(parts.parse(bytes, 'two')).messages[0];
    expect(other).not.toBe(own[2]);
    expect(isKnownValue(other)).toBe(false);
  });

  it('are forgotten when their client is silent, and when there are too many', () => {
    const time = { now: 1 };
    const parts = createKnownParts({ mark: 'a mark', now: () => time.now });
    const bytes = bytesOf(request(conversation(6)));
    const first = () => bodyOf(parts.parse(bytes, 'one')).messages[0];
    first();
    const known = first();
    expect(first()).toBe(known);
    time.now += 700_000;
    expect(first()).not.toBe(known);
    first();
    const again = first();
    for (let index = 0; index < 5_000; index += 1) {
      const text = JSON.stringify({
        ...request([{ role: 'user', content: LONG }]),
        [`k${index}`]: 1,
        model: `m${index}`,
      });
      parts.parse(Buffer.from(text), `owner ${index}`);
    }
    expect(first()).not.toBe(again);
  });

  it.each([
    ['one message in the middle', { messages: conversation(6).with(4, { role: 'user', content: 'another' }) }],
    ['the first message', { messages: conversation(6).with(0, { role: 'user', content: 'é 犬' }) }],
    ['the text of its system prompt', { system: [{ type: 'text', text: `${LONG}.` }] }],
    ['its system prompt, as a text', { system: LONG }],
    ['a breakpoint of its system prompt', { system: [{ type: 'text', text: LONG, cache_control: null }] }],
    ['its order', { messages: conversation(6).toReversed() }],
    ['a result that is not there any more', { messages: conversation(6).toSpliced(6, 1) }],
    ['the schema of its answer', { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } }],
  ])('are told apart from one that differs in %s', (_what, other) => {
    const parts = knowing();
    const usual = request(conversation(6));
    const bodies = [usual, usual, { ...usual, ...other }, usual, { ...usual, ...other }, { ...usual, ...other }];
    for (const body of [...bodies, ...bodies]) {
      const bytes = bytesOf(body);
      const [parsed, plain] = [parts.parse(bytes, 'one'), parseOneByte(bytes)];
      expect(parsed).toEqual(plain);
      // A target at a time, and one after the other: what was written for one is not sent to another.
      for (const target of [...TARGETS, ...TARGETS]) {
        expect(sent(parsed, target, encodeOneByteBody)).toEqual(sent(plain, target, encodeOneByte));
      }
    }
  });

  it('are what a parser makes of requests in which members come twice, or are written with escapes', () => {
    const own = JSON.stringify(conversation(6)).slice(1, -1);
    const other = own.replaceAll('read', 'list');
    const system = JSON.stringify(LONG);
    const texts = [
      `{"system":${system},"messages":[${own}],"messages":[${other}]}`,
      `{"system":${system},"messages":[${own}],"mess\\u0061ges":[${other}]}`,
      `{"system":${system},"messages":[${own}],"messages":"none"}`,
      `{"system":${system},"messages":[${own}],"input":{"messages":[${other}]}}`,
      `{"system":${system},"messages":[${own},${own}`,
      `{"system":${system},"messages":[${own}],}`,
      `{"system":${system},"messages":[${own},]}`,
      `{"system":${system},"messages":{"a":[${own}]}}`,
      `{"system":${system},"messages":[[${own}],${own}]}`,
      `{"system":${system},"messages":[ ${own.replaceAll('},{', '} ,\n{')} ] }`,
      `{"system":[${own}],"messages":[${own}]}`,
      `{"system":${system},"messages":[${own}]}`,
    ];
    const usual = texts.at(-1) ?? '';
    for (const text of texts) {
      const parts = knowing();
      for (const one of [text, text, text, usual, usual, usual, text, usual]) {
        const bytes = Buffer.from(one);
        expect(JSON.stringify(parts.parse(bytes, 'one')), one.slice(-80)).toBe(JSON.stringify(parseOneByte(bytes)));
      }
    }
  });

  it('hold no marks of ours, whatever a client puts into a request', () => {
    const parts = createKnownParts({ mark: 'guessed', now: () => 0 });
    const messages: unknown[] = conversation(6);
    const guesses = ['guessed 1', 'guessed 2', '"guessed 1"', { 'guessed 1': 'guessed 2' }];
    for (const guess of [null, null, ...guesses, null]) {
      const list = guess === null ? messages : [...messages, { role: 'user', content: guess, guess }];
      const bytes = bytesOf(request(list));
      expect(parts.parse(bytes, 'one')).toEqual(parseOneByte(bytes));
    }
  });

  it('are parsed, sent and lost as any request is, in whatever way one follows another', () => {
    const steps = fc.array(fc.tuple(anyStep, anySystem, anyForm, fc.nat(TARGETS.length - 1)), {
      minLength: 2,
      maxLength: 6,
    });
    fc.assert(
      fc.property(anyOpening, steps, (opening, following) => {
        const parts = knowing();
        let messages: readonly unknown[] = opening;
        for (const [step, system, form, targetIndex] of following) {
          messages = step(messages);
          if (messages.length === 0) messages = opening;
          const bytes = written({ ...request(messages), padding: LONG, system: SYSTEMS[system] }, form);
          const target = TARGETS[targetIndex] ?? TARGETS[0];
          if (target === undefined) throw new Error('no target');
          for (let round = 0; round < 2; round += 1) {
            const parsed = parts.parse(bytes, 'one');
            const plain = parseOneByte(bytes);
            expect(JSON.stringify(parsed)).toBe(JSON.stringify(plain));
            expect(sent(parsed, target, encodeOneByteBody)).toEqual(sent(plain, target, encodeOneByte));
          }
        }
      }),
    );
  });

  it('are sent as any request is when nothing of their beginning is said', () => {
    const parts = knowing();
    const { system: _system, ...body } = request([{ role: 'user', content: '' }, ...conversation(1).slice(1)]);
    const bytes = bytesOf({ ...body, padding: LONG });
    for (let round = 0; round < 4; round += 1) {
      for (const target of TARGETS) {
        const known = sent(parts.parse(bytes, 'one'), target, encodeOneByteBody);
        expect(known).toEqual(sent(parseOneByte(bytes), target, encodeOneByte));
      }
    }
  });

  it('are sent as any request is when an agent goes on for long', () => {
    const parts = knowing();
    for (let turns = 1; turns < 40; turns += 1) {
      const bytes = bytesOf(request(turns % 3 === 0 ? conversation(turns) : marked(conversation(turns))));
      for (const target of TARGETS) {
        const known = sent(parts.parse(bytes, 'one'), target, encodeOneByteBody);
        expect(known).toEqual(sent(parseOneByte(bytes), target, encodeOneByte));
        expect(known).toHaveProperty('text');
      }
    }
  });
});
