import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerAtoms, requestAtoms, unexplained, unexplainedFields } from '../testing/canonical-atoms.ts';
import { mutate, mutation } from '../testing/mutate-json.ts';
import { createDecodeContext } from '../testing/play-stream.ts';
import { PROPERTY } from '../testing/property.ts';
import type { CanonicalBody, CanonicalContentBlock, CanonicalMessage } from './canonical.ts';
import { createEncodeTarget } from './encode-target.ts';
import type { ClientFormat, FormatName } from './format.ts';
import type { JsonObject } from './json-object.ts';
import { CLIENT_FORMATS, UPSTREAM_FORMATS } from './registry.ts';

const CLIENTS = Object.values(CLIENT_FORMATS) as ClientFormat[];
const TARGET = createEncodeTarget({
  model: 'target-model',
  quirks: ['reasoning-effort', 'files', 'replay-reasoning'],
});

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((value) => value.trim() === value && !value.startsWith('x-anthropic-billing-header'));
const input = fc
  .dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject)
  .filter((value) => !Object.hasOwn(value, '__unparsedToolInput'));
const image = fc.constantFrom(
  { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
  { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
);
const cached = fc.option(fc.constant({ cache_control: { type: 'ephemeral' } }), { nil: {} });
const textBlock = fc.tuple(text, cached).map(([value, more]) => ({ type: 'text', text: value, ...more }));
const document = fc.constantFrom(
  { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'aGk=' }, title: 'a.pdf' },
  { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'words' } },
);
const userBlock = fc.oneof({ weight: 4, arbitrary: textBlock }, image, document);
const thinking = text.map((value) => ({ type: 'thinking', thinking: value, signature: 'c2ln' }));

interface Turn {
  readonly asked: readonly object[];
  readonly thought: readonly object[];
  readonly answered: readonly object[];
  readonly calls: readonly {
    readonly name: string;
    readonly input: JsonObject;
    readonly result: unknown;
    readonly failed: boolean;
  }[];
}

const result = fc.oneof(text, fc.array(fc.oneof(textBlock, image), { minLength: 1, maxLength: 2 }));
const turn: fc.Arbitrary<Turn> = fc.record({
  asked: fc.array(userBlock, { minLength: 1, maxLength: 2 }),
  thought: fc.array(thinking, { maxLength: 1 }),
  answered: fc.array(textBlock, { minLength: 1, maxLength: 1 }),
  calls: fc.array(
    fc.record({ name: fc.constantFrom('read', `long_${'n'.repeat(70)}`), input, result, failed: fc.boolean() }),
    { maxLength: 2 },
  ),
});

function messagesOf(turns: readonly Turn[]): object[] {
  const messages: { role: string; content: object[] }[] = [];
  for (const [at, { asked, thought, answered, calls }] of turns.entries()) {
    const last = messages.at(-1);
    if (last?.role === 'user') last.content.push(...asked);
    else messages.push({ role: 'user', content: [...asked] });
    const uses = calls.map((call, index) => ({
      type: 'tool_use',
      id: `toolu_${at}_${index}`,
      name: call.name,
      input: call.input,
    }));
    messages.push({ role: 'assistant', content: [...thought, ...answered, ...uses] });
    if (calls.length === 0) continue;
    const results = calls.map((call, index) => ({
      type: 'tool_result',
      tool_use_id: `toolu_${at}_${index}`,
      content: call.result,
      ...(call.failed ? { is_error: true } : {}),
    }));
    messages.push({ role: 'user', content: results });
  }
  return [...messages, { role: 'user', content: [{ type: 'text', text: 'and now?' }] }];
}

const tool = {
  name: 'read',
  description: 'Reads.',
  input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};
const options = fc.record(
  {
    max_tokens: fc.integer({ min: 1, max: 100_000 }),
    temperature: fc.constantFrom(0, 0.5, 1),
    top_p: fc.constantFrom(0.1, 1),
    top_k: fc.constant(5),
    stop_sequences: fc.array(fc.constantFrom('END', 'STOP', 'x', 'y', 'z'), { minLength: 1, maxLength: 5 }),
    tools: fc.constant([tool]),
    tool_choice: fc.constantFrom({ type: 'auto' }, { type: 'any' }, { type: 'none' }, { type: 'tool', name: 'read' }),
    thinking: fc.constantFrom({ type: 'disabled' }, { type: 'adaptive' }, { type: 'enabled', budget_tokens: 5_000 }),
    output_config: fc.constantFrom(
      { effort: 'low' },
      { effort: 'max' },
      { format: { type: 'json_schema', schema: { type: 'object' } } },
    ),
    metadata: fc.constant({ user_id: 'someone' }),
    service_tier: fc.constant('auto'),
    context_management: fc.constant({ edits: [] }),
    stream: fc.constant(true),
  },
  { requiredKeys: ['max_tokens'] },
);

const request = fc
  .record({ turns: fc.array(turn, { maxLength: 3 }), system: fc.array(textBlock, { maxLength: 2 }), options })
  .map(({ turns, system, options: given }) => {
    const body = { model: 'm', ...given, messages: messagesOf(turns), ...(system.length === 0 ? {} : { system }) };
    return JSON.parse(JSON.stringify(body)) as CanonicalBody;
  });

/**
 * The fields beside the conversation, one by one, without those that say what is so anyway: models that reason think
 * adaptively, and without a tool there is nothing to choose.
 */
function fieldsOf({ thinking: wish, output_config: config, tool_choice: choice, ...rest }: CanonicalBody) {
  const isChoice = rest.tools !== undefined || (choice?.type !== 'auto' && choice?.type !== 'none');
  return {
    ...rest,
    ...(isChoice ? { tool_choice: choice } : {}),
    ...(wish?.type === 'adaptive' ? {} : { thinking: wish }),
    'output_config/effort': config?.effort,
    'output_config/format': config?.format,
  };
}

describe.each(CLIENTS.map((client) => [client.name, client] as const))(
  'a request through %s and back',
  (name, client) => {
    test('differs only in what the ledger tells', () => {
      fc.assert(
        fc.property(request, (body) => {
          const encoded = UPSTREAM_FORMATS[name].encodeRequest({ body, extras: {} }, TARGET);
          const decoded = client.decodeRequest(JSON.parse(JSON.stringify(encoded.body)));
          if (decoded.type === 'rejected') throw new Error(decoded.error.message);
          const losses = [...encoded.losses, ...decoded.losses];
          const after = decoded.canonical.body;
          expect(unexplained(requestAtoms(body), requestAtoms(after), losses)).toEqual([]);
          expect(unexplainedFields(fieldsOf(body), fieldsOf(after), losses)).toEqual([]);
        }),
        PROPERTY,
      );
    });

    test('with fields of any other kind is read or refused with its reason, and what is read can be sent anywhere', () => {
      const names = Object.keys(UPSTREAM_FORMATS) as FormatName[];
      fc.assert(
        fc.property(
          request,
          fc.array(mutation, { minLength: 1, maxLength: 4 }),
          fc.constantFrom(...names),
          (body, changes, upstream) => {
            const encoded = UPSTREAM_FORMATS[name].encodeRequest({ body, extras: {} }, TARGET);
            const decoded = client.decodeRequest(mutate(encoded.body, changes));
            if (decoded.type === 'rejected') {
              expect(decoded.error.message).not.toBe('');
              expect(decoded.error.status).toBe(400);
            } else {
              const sent = UPSTREAM_FORMATS[upstream].encodeRequest(decoded.canonical, TARGET);
              expect(() => JSON.stringify(sent.body)).not.toThrow();
            }
          },
        ),
        PROPERTY,
      );
    });

    test('that is anything at all is refused with its reason', () => {
      fc.assert(
        fc.property(fc.oneof(fc.jsonValue(), fc.constantFrom(undefined, Number.NaN)), (body) => {
          const decoded = client.decodeRequest(body);
          if (decoded.type === 'rejected') expect(decoded.error.message).not.toBe('');
        }),
        PROPERTY,
      );
    });
  },
);

const answerBlock: fc.Arbitrary<CanonicalContentBlock> = fc.oneof(
  text.map((value): CanonicalContentBlock => ({ type: 'text', text: value })),
  text.map((value): CanonicalContentBlock => ({ type: 'thinking', thinking: value, signature: 'c2ln' })),
  fc.constant<CanonicalContentBlock>({ type: 'redacted_thinking', data: 'x' }),
  fc
    .tuple(fc.uuid(), input)
    .map(([id, given]): CanonicalContentBlock => ({ type: 'tool_use', id, name: 'read', input: given })),
);

function answer(content: CanonicalContentBlock[]): CanonicalMessage {
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content,
    stop_reason: content.some((block) => block.type === 'tool_use') ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 4, cache_creation_input_tokens: 0, cache_read_input_tokens: 2 },
  };
}

test.each(CLIENTS.map((client) => [client.name, client] as const))(
  'an answer through %s and back differs only in what the ledger tells',
  (name, client) => {
    const { callId, nowSeconds, request: asked } = createDecodeContext();
    const context = { callId, nowSeconds, request: { body: asked, extras: {} } };
    fc.assert(
      fc.property(fc.array(answerBlock, { minLength: 1, maxLength: 5 }), (content) => {
        const message = answer(content);
        const encoded = client.encodeResponse(message, context);
        const body: unknown = JSON.parse(JSON.stringify(encoded.body));
        const decoded = UPSTREAM_FORMATS[name].decodeResponse(body, createDecodeContext());
        if (decoded.type === 'failed') throw new Error(decoded.error.message);
        const losses = [...encoded.losses, ...decoded.losses];
        const after = answerAtoms(
          decoded.message.content.filter((block) => block.type !== 'text' || block.text !== ''),
        );
        expect(unexplained(answerAtoms(content), after, losses)).toEqual([]);
        expect(decoded.message.stop_reason).toBe(message.stop_reason);
        expect(decoded.message.usage).toMatchObject(message.usage);
      }),
      PROPERTY,
    );
  },
);
