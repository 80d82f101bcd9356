import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  asked,
  encode,
  old,
  png,
  pngPart,
  question,
  result,
  signed,
  tool,
  use,
} from '../../testing/gemini-request-script.ts';
import { PROPERTY } from '../../testing/property.ts';
import type { EncodeTargetInput } from '../encode-target.ts';

describe('system prompts', () => {
  test.each([
    ['One.', [{ text: 'One.' }]],
    [
      [
        { type: 'text', text: 'One.' },
        { type: 'text', text: 'Two.' },
      ],
      [{ text: 'One.' }, { text: 'Two.' }],
    ],
  ])('%j becomes the system instruction, block by block', (system, parts) => {
    const { body, losses } = encode({ system });
    expect(body['systemInstruction']).toEqual({ parts });
    expect(body.contents).toEqual([asked]);
    expect(losses).toEqual([]);
  });

  test('the attribution block of the client is stripped, and cache breakpoints are noted', () => {
    const billing = { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.197.3f2;' };
    const real = { type: 'text', text: 'Real.', cache_control: { type: 'ephemeral' } };
    const { body, losses } = encode({ system: [billing, real] });
    expect(body['systemInstruction']).toEqual({ parts: [{ text: 'Real.' }] });
    expect(losses).toEqual(['dropped /system/0', 'dropped /system/1/cache_control']);
  });

  test('a system entry inside the conversation keeps its place as marked text', () => {
    for (const content of ['Agents: a.', [{ type: 'text', text: 'Agents: a.' }]]) {
      const messages = [question, { role: 'system', content }, { role: 'assistant', content: 'x' }, question];
      const { body, losses } = encode({ messages });
      expect(body.contents).toEqual([
        { role: 'user', parts: [{ text: 'question' }, { text: '<system-message>\nAgents: a.\n</system-message>' }] },
        { role: 'model', parts: [{ text: 'x' }] },
        asked,
      ]);
      expect(losses).toEqual(['approximated /messages/1']);
    }
  });

  test('a system entry between a call and its result does not come between them', () => {
    const messages = [
      question,
      { role: 'assistant', content: [signed('s'), use('t1')] },
      { role: 'system', content: 'note' },
      { role: 'user', content: [result('t1')] },
    ];
    const { body } = encode({ messages });
    expect(body.contents.map(({ role, parts }) => [role, ...parts.map((part) => Object.keys(part)[0])])).toEqual([
      ['user', 'text'],
      ['model', 'functionCall'],
      ['user', 'functionResponse'],
      ['user', 'text'],
    ]);
  });
});

describe('tool calls and results in the history', () => {
  test('results are paired by id whatever their order, alone in their turn, with accompanying text after them', () => {
    const messages = [
      question,
      { role: 'assistant', content: [{ type: 'text', text: 'Reading.' }, use('t1'), use('t2', 'write')] },
      {
        role: 'user',
        content: [{ type: 'text', text: 'before' }, result('t2', 'second'), result('t1', 'first')],
      },
    ];
    const { body } = encode({ messages }, old);
    const args = { path: 'a' };
    expect(body.contents.slice(1)).toEqual([
      {
        role: 'model',
        parts: [
          { text: 'Reading.' },
          { functionCall: { name: 'read', args } },
          { functionCall: { name: 'write', args } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'read', response: { output: 'first' } } },
          { functionResponse: { name: 'write', response: { output: 'second' } } },
        ],
      },
      { role: 'user', parts: [{ text: 'before' }] },
    ]);
  });

  test('models that number their calls get call and result under the same id', () => {
    const odd = `toolu_${'x'.repeat(60)}`;
    const messages = [question, { role: 'assistant', content: [use(odd)] }, { role: 'user', content: [result(odd)] }];
    const { body } = encode({ messages });
    const call = body.contents[1]?.parts[0]?.['functionCall'] as { id: string };
    expect(call.id).toMatch(/^call_[a-z2-7]{24}$/);
    expect(body.contents[2]?.parts[0]).toMatchObject({ functionResponse: { id: call.id } });
  });

  test('a failed call answers with its error', () => {
    const messages = [
      question,
      { role: 'assistant', content: [use('t1')] },
      { role: 'user', content: [result('t1', 'ENOENT', { is_error: true })] },
    ];
    const { body, losses } = encode({ messages }, old);
    expect(body.contents[2]?.parts).toEqual([{ functionResponse: { name: 'read', response: { error: 'ENOENT' } } }]);
    expect(losses).toEqual([]);
  });

  test('an unanswered call is answered, and a result without its call is kept as text', () => {
    const messages = [
      question,
      { role: 'assistant', content: [use('t1')] },
      { role: 'user', content: [result('t9', 'orphan')] },
    ];
    const { body, losses } = encode({ messages }, old);
    expect(body.contents[2]?.parts[0]).toMatchObject({
      functionResponse: { response: { error: expect.stringMatching(/No result/) } },
    });
    expect(body.contents[3]?.parts[0]?.['text']).toMatch(/orphan/);
    expect(losses).toEqual(['repaired /messages/1/content/0', 'repaired /messages/2/content/0']);
  });

  test('two calls of one turn with the same id are answered in their order', () => {
    const messages = [
      question,
      { role: 'assistant', content: [use('t1', 'read', { n: 1 }), use('t1', 'read', { n: 2 })] },
      { role: 'user', content: [result('t1', 'one'), result('t1', 'two')] },
    ];
    const answers = encode({ messages }).body.contents[2]?.parts.map((part) => part['functionResponse']);
    expect(answers).toMatchObject([{ id: 't1', response: { output: 'one' } }, { response: { output: 'two' } }]);
    expect(new Set(answers?.map((answer) => (answer as { id: string }).id)).size).toBe(2);
  });

  test('an image in a result stays inside it where the model takes it, else follows it, and is never pasted as text', () => {
    const messages = [
      question,
      { role: 'assistant', content: [use('t1')] },
      { role: 'user', content: [result('t1', [{ type: 'text', text: 'shot' }, png]), { type: 'text', text: 'look' }] },
    ];
    const inside = encode({ messages });
    expect(inside.body.contents[2]?.parts).toEqual([
      { functionResponse: { id: 't1', name: 'read', response: { output: 'shot' }, parts: [pngPart] } },
    ]);
    const behind = encode({ messages }, old);
    expect(behind.body.contents[2]?.parts[0]).toMatchObject({
      functionResponse: { response: { output: expect.stringMatching(/^shot\n\n\[1 attachment/) } },
    });
    expect(behind.body.contents[3]?.parts).toEqual([
      { text: 'Attached to the result of read:' },
      pngPart,
      { text: 'look' },
    ]);
    expect(behind.losses).toEqual(['approximated /messages/2/content/0']);
  });

  test.each([
    ['a tool reference', [{ type: 'tool_reference', tool_name: 'mcp__x__y' }], /mcp__x__y/],
    [
      'a search result',
      [{ type: 'search_result', title: 'T', source: 'https://s', content: [{ type: 'text', text: 'body' }] }],
      /T\nhttps:\/\/s\nbody/,
    ],
    ['a text document', [{ type: 'document', title: 'D', source: { type: 'text', data: 'words' } }], /D\nwords/],
    ['nothing', [], /^$/],
  ])('a result that holds %s still answers its call', (_, content, expected) => {
    const messages = [
      question,
      { role: 'assistant', content: [use('t1')] },
      { role: 'user', content: [result('t1', content)] },
    ];
    expect(encode({ messages }, old).body.contents[2]?.parts[0]).toMatchObject({
      functionResponse: { response: { output: expect.stringMatching(expected) } },
    });
  });

  test('empty text and blocks of unknown kinds do not reach the upstream', () => {
    const content = [{ type: 'text', text: '' }, { type: 'hologram' }, { type: 'text', text: 'hi' }];
    const { body, losses } = encode({ messages: [{ role: 'user', content }] });
    expect(body.contents).toEqual([{ role: 'user', parts: [{ text: 'hi' }] }]);
    expect(losses).toEqual(['dropped /messages/0/content/1']);
  });

  test('a conversation that the assistant begins, or that is empty, is given a beginning', () => {
    const { body, losses } = encode({ messages: [{ role: 'assistant', content: 'Hello' }, question] });
    expect(body.contents.map((content) => content.role)).toEqual(['user', 'model', 'user']);
    expect(losses).toEqual(['repaired /messages']);
    expect(encode({ messages: [{ role: 'user', content: '' }] }).body.contents).toHaveLength(1);
  });
});

describe('thought signatures', () => {
  const replay = (content: unknown[], target: Partial<EncodeTargetInput> = {}) => {
    const ids = content.flatMap((block) => ((block as { id?: string }).id ? [(block as { id: string }).id] : []));
    const messages = [question, { role: 'assistant', content }, { role: 'user', content: ids.map((id) => result(id)) }];
    const { body, losses } = encode({ messages }, target);
    return { parts: body.contents[1]?.parts ?? [], losses };
  };

  test('go back on the call that they came with, and the parallel calls behind it have none', () => {
    const { parts, losses } = replay([signed('c2ln'), use('t1'), use('t2')]);
    expect(parts.map((part) => part['thoughtSignature'])).toEqual(['c2ln', undefined]);
    expect(losses).toEqual([]);
  });

  test('of several calls each go back on their own', () => {
    const { parts } = replay([signed('one'), use('t1'), { type: 'text', text: 'and' }, signed('two'), use('t2')]);
    expect(parts.map((part) => part['thoughtSignature'])).toEqual(['one', undefined, 'two']);
  });

  test('take the thought that they stand behind with them', () => {
    expect(replay([signed('s', 'call', 'hm'), use('t1')]).parts[0]).toEqual({ text: 'hm', thought: true });
    expect(replay([signed('s', 'thought', 'hm'), use('t1')]).parts[0]).toEqual({
      text: 'hm',
      thought: true,
      thoughtSignature: 's',
    });
  });

  test('that another model made, or nobody, are not sent; the call says that its validation is to be skipped', () => {
    for (const signature of ['', 'EqQBCgIYAhIM']) {
      const { parts, losses } = replay([{ type: 'thinking', thinking: 'hm', signature }, use('t1'), use('t2')]);
      expect(parts.map((part) => part['thoughtSignature'])).toEqual(['skip_thought_signature_validator', undefined]);
      expect(losses).toEqual(['dropped /messages/1/content/0', 'repaired /messages/1/content/1']);
    }
    expect(replay([use('t1')], old).parts[0]).not.toHaveProperty('thoughtSignature');
  });

  test('a turn of thoughts alone is left out', () => {
    const messages = [question, { role: 'assistant', content: [signed('s', 'thought', 'hm')] }, question];
    const { body, losses } = encode({ messages });
    expect(body.contents).toEqual([{ role: 'user', parts: [...asked.parts, ...asked.parts] }]);
    expect(losses).toEqual(['dropped /messages/1']);
  });
});

describe('images and documents of the user', () => {
  test('go inline or by their address, with their type', () => {
    const pdf = {
      type: 'document',
      title: 'a.pdf',
      source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' },
    };
    const url = { type: 'image', source: { type: 'url', url: 'https://example.org/a.png?x=1' } };
    const { body, losses } = encode({ messages: [{ role: 'user', content: [png, url, pdf] }] });
    expect(body.contents[0]?.parts).toEqual([
      pngPart,
      { fileData: { mimeType: 'image/png', fileUri: 'https://example.org/a.png?x=1' } },
      { text: 'a.pdf' },
      { inlineData: { mimeType: 'application/pdf', data: 'JVBE' } },
    ]);
    expect(losses).toEqual([]);
  });

  test.each([
    ['a GIF', { type: 'base64', media_type: 'image/gif', data: 'R0lG' }, {}],
    ['an image of a file store', { type: 'file', file_id: 'f' }, {}],
    ['any image for a blind target', png.source, { quirks: ['no-images'] }],
  ])('%s is said to be missing', (_, source, target) => {
    const { body, losses } = encode({ messages: [{ role: 'user', content: [{ type: 'image', source }] }] }, target);
    expect(body.contents[0]?.parts).toEqual([{ text: expect.stringMatching(/omitted/) }]);
    expect(losses).toEqual(['dropped /messages/0/content/0']);
  });
});

test.each<[string, object, Partial<EncodeTargetInput>, string]>([
  ['a whole answer', {}, {}, '/models/gemini-3-pro:generateContent'],
  ['a stream', { stream: true }, {}, '/models/gemini-3-pro:streamGenerateContent?alt=sse'],
  ['a name with its place', {}, { model: 'models/gemini-3-pro' }, '/models/gemini-3-pro:generateContent'],
  ['Vertex', {}, { quirks: ['vertex-models'] }, '/publishers/google/models/gemini-3-pro:generateContent'],
  ['an odd name', {}, { model: 'a?b' }, '/models/a%3Fb:generateContent'],
])('the path of %s names model and method', (_, request, target, path) => {
  const { encoded, body } = encode(request as Record<string, unknown>, target);
  expect(encoded.path).toBe(path);
  expect(body).not.toHaveProperty('model');
  expect(body).not.toHaveProperty('stream');
});

const id = fc.constantFrom('t1', 't2', 't3', `long${'x'.repeat(80)}`);
const text = fc.constantFrom('', ' ', 'words', 'Grüße 漢字');
const block = fc.oneof(
  text.map((value) => ({ type: 'text', text: value })),
  fc.constant(png),
  fc.constant({ type: 'mystery', text: 5 }),
);
const assistantBlock = fc.oneof(
  block,
  id.map((value) => use(value)),
  fc.constantFrom(signed('s'), signed('s', 'thought', 'hm'), { type: 'thinking', thinking: 'hm', signature: '' }),
);
const userBlock = fc.oneof(
  block,
  fc.tuple(id, fc.oneof(text, fc.array(block, { maxLength: 2 }))).map(([value, content]) => result(value, content)),
);
const message = fc.oneof(
  fc.record({ role: fc.constant('user'), content: fc.oneof(text, fc.array(userBlock, { maxLength: 4 })) }),
  fc.record({ role: fc.constant('assistant'), content: fc.oneof(text, fc.array(assistantBlock, { maxLength: 4 })) }),
  fc.record({ role: fc.constant('system'), content: text }),
);

test('no conversation, however broken, becomes a request that a strict server refuses', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 8 }), fc.boolean(), (messages, isOld) => {
      encode({ messages, tools: [tool], max_tokens: 5 }, isOld ? old : {});
    }),
    PROPERTY,
  );
});
