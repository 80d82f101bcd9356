import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anthropicMessagesClient, anthropicMessagesUpstream } from '#shared/formats/anthropic-messages/format.ts';
import type { Canonical } from '#shared/formats/canonical.ts';
import { createEncodeTarget, type EncodeTarget } from '#shared/formats/encode-target.ts';
import type { UpstreamFormat } from '#shared/formats/format.ts';
import { encodeOneByte, toOneByte } from '#shared/formats/one-byte-json.ts';
import { openaiChatUpstream } from '#shared/formats/openai-chat/format.ts';
import { placePrefix } from '#shared/routing/place-prefix.ts';
import { type CallContent, decodeCall } from './decode-call.ts';

/** Text as people and tools write it: spaces of all kinds, accents, other scripts, pairs of surrogates, quotes. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 6 }),
      fc.constantFrom(
        ' ',
        '\n',
        '\u00a0',
        '\u2028',
        '→',
        'Ã',
        'à',
        'É',
        'ß',
        '猫',
        '🐈',
        '"',
        '\\',
        '\u007f',
        '\u0000',
        '[',
        '{',
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));
/** Mostly ASCII, or nearly no request would go the one-byte way. */
const name = fc.oneof(
  { weight: 20, arbitrary: fc.stringMatching(/^[a-zA-Z0-9_./-]{1,80}$/) },
  { weight: 1, arbitrary: fc.constantFrom('größe', 'ツール', '') },
);
const id = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('toolu_a', 'toolu_b', 'x'.repeat(70), 'a b') },
  { weight: 1, arbitrary: fc.constantFrom('idé', '猫') },
);
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const cacheControl = maybe(fc.constant({ type: 'ephemeral' }));

const textBlock = fc.record({ type: fc.constant('text'), text, cache_control: cacheControl });
const image = fc.record({
  type: fc.constant('image'),
  source: fc.oneof(
    fc.record({ type: fc.constant('base64'), media_type: fc.constant('image/png'), data: fc.base64String() }),
    fc.record({ type: fc.constant('url'), url: text }),
  ),
});
const document = fc.record({
  type: fc.constant('document'),
  source: fc.record({ type: fc.constant('text'), media_type: fc.constant('text/plain'), data: text }),
  title: maybe(text),
  context: maybe(text),
});
const userBlock = fc.oneof(
  textBlock,
  image,
  document,
  fc.record({
    type: fc.constant('tool_result'),
    tool_use_id: id,
    content: fc.oneof(text, fc.array(fc.oneof(textBlock, image), { maxLength: 2 })),
    is_error: maybe(fc.boolean()),
  }),
);
const assistantBlock = fc.oneof(
  textBlock,
  fc.record({ type: fc.constant('thinking'), thinking: text, signature: text }),
  fc.record({
    type: fc.constant('tool_use'),
    id,
    name,
    input: fc.dictionary(text, fc.oneof(text, fc.double(), fc.array(text))),
  }),
);
const message = fc.oneof(
  fc.record({ role: fc.constant('user'), content: fc.oneof(text, fc.array(userBlock, { maxLength: 3 })) }),
  fc.record({ role: fc.constant('assistant'), content: fc.oneof(text, fc.array(assistantBlock, { maxLength: 3 })) }),
  fc.record({ role: fc.constant('system'), content: text }),
);
const customTool = fc.record({
  name,
  description: maybe(text),
  input_schema: fc.record({
    type: fc.constant('object'),
    properties: fc.dictionary(text, fc.record({ description: text })),
  }),
  strict: maybe(fc.boolean()),
});
const serverTool = fc.record({ type: fc.constant('web_search_20250305'), name: fc.constant('web_search') });
const tool = fc.oneof({ weight: 9, arbitrary: customTool }, { weight: 1, arbitrary: serverTool });
const body = fc.record(
  {
    model: fc.constant('claude-x'),
    max_tokens: fc.nat(9_999).map((count) => count + 1),
    messages: fc.array(message, { minLength: 1, maxLength: 5 }),
    system: fc.oneof(text, fc.array(textBlock, { maxLength: 2 }), fc.constant(null)),
    tools: fc.array(tool, { maxLength: 2 }),
    stop_sequences: fc.array(name, { maxLength: 2 }),
    metadata: fc.record({ user_id: name }),
    output_config: fc.record({
      format: fc.record({ type: fc.constant('json_schema'), schema: fc.dictionary(text, text) }),
    }),
  },
  { requiredKeys: ['model', 'max_tokens', 'messages'] },
);

const TARGETS: readonly (readonly [UpstreamFormat, EncodeTarget])[] = [
  [openaiChatUpstream, createEncodeTarget({ model: 'gpt-x' })],
  [
    openaiChatUpstream,
    createEncodeTarget({ model: 'gpt-x', quirks: ['no-images', 'files', 'replay-reasoning', 'mid-system-as-user'] }),
  ],
  [
    openaiChatUpstream,
    createEncodeTarget({ model: 'gpt-x', quirks: ['no-stop', 'no-response-format', 'reasoning-effort'] }),
  ],
  [anthropicMessagesUpstream, createEncodeTarget({ model: 'claude-y' })],
];

function decoded(bytes: Buffer, oneByte: boolean): CallContent | null {
  const call = decodeCall(anthropicMessagesClient, bytes, { oneByte });
  return call.type === 'decoded' ? call.content : null;
}

function encoded(format: UpstreamFormat, target: EncodeTarget, canonical: Canonical, prefix: string) {
  const isOneByte = canonical.isOneByte === true;
  const prefixed = placePrefix(canonical.body, isOneByte ? toOneByte(prefix) : prefix);
  const { body: wire, losses, headers, path } = format.encodeRequest({ ...canonical, body: prefixed }, target);
  const bytes = isOneByte ? encodeOneByte(wire) : Buffer.from(JSON.stringify(wire));
  return { text: bytes.toString(), losses, headers, path };
}

describe('decodeCall', () => {
  it('gives every upstream that takes one-byte text the bytes and the losses of the plain way', () => {
    let taken = 0;
    fc.assert(
      fc.property(body, text, (request, prefix) => {
        const bytes = Buffer.from(JSON.stringify(request));
        const oneByte = decoded(bytes, true);
        const plain = decoded(bytes, false);
        expect(oneByte === null).toBe(plain === null);
        if (oneByte?.canonical.isOneByte !== true || plain === null) return;
        taken += 1;
        for (const [format, target] of TARGETS) {
          expect(encoded(format, target, oneByte.canonical, prefix)).toEqual(
            encoded(format, target, plain.canonical, prefix),
          );
        }
      }),
    );
    expect(taken).toBeGreaterThan(20);
  });

  it.each([
    ['a tool that a server runs', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['a tool whose name is not ASCII', { tools: [{ name: 'größe', input_schema: { type: 'object' } }] }],
    ['a stop sequence that is not ASCII', { stop_sequences: ['停'] }],
    ['a user id that is not ASCII', { metadata: { user_id: 'zoë' } }],
    [
      'a block that codecs may look into',
      { messages: [{ role: 'user', content: [{ type: 'search_result', content: [] }] }] },
    ],
    ['a model that is not ASCII', { model: 'modèle' }],
  ])('takes a request with %s the plain way', (_what, part) => {
    const request = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'naïve' }], ...part };
    const content = decoded(Buffer.from(JSON.stringify(request)), true);
    expect(content?.canonical.isOneByte).toBeUndefined();
    expect(content?.canonical.body).toEqual(request);
  });

  it('words its refusals alike in both ways', () => {
    for (const refused of [
      '',
      '{"model":',
      '{"model":"m","messages":[]}',
      `{"a":${'['.repeat(600)}${']'.repeat(600)}}`,
    ]) {
      const bytes = Buffer.from(refused);
      const plain = decodeCall(anthropicMessagesClient, bytes, { oneByte: false });
      expect(plain.type).toBe('refused');
      expect(decodeCall(anthropicMessagesClient, bytes, { oneByte: true })).toEqual(plain);
    }
  });
});
