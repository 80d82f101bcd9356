import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refuseGeminiBody } from '../../testing/strict-gemini.ts';
import type { CanonicalBody } from '../canonical.ts';
import { createEncodeTarget, type EncodeTargetInput } from '../encode-target.ts';
import { encodeRequest } from './encode-request.ts';
import { tagSignature } from './thought-signature.ts';

type Part = Record<string, unknown>;
interface Body extends Record<string, unknown> {
  contents: { role: string; parts: Part[] }[];
  tools?: { functionDeclarations: Record<string, unknown>[] }[];
  generationConfig?: Record<string, unknown>;
}

const question = { role: 'user' as const, content: 'question' };
const asked = { role: 'user', parts: [{ text: 'question' }] };
const old: Partial<EncodeTargetInput> = { model: 'gemini-2.5-flash' };

/** Requests are written as clients write them, which is wider than the SDK's types. */
function encode(request: Record<string, unknown>, target: Partial<EncodeTargetInput> = {}) {
  const body = { model: 'claude-test', messages: [question], ...request } as unknown as CanonicalBody;
  const before = structuredClone(body);
  const encodeTarget = createEncodeTarget({ model: 'gemini-3-pro', ...target });
  const encoded = encodeRequest({ body, extras: {} }, encodeTarget);
  expect(body, 'the canonical request is never changed').toEqual(before);
  expect(refuseGeminiBody(encoded.body, encodeTarget.model === old.model ? 2 : 3)).toBeNull();
  return { body: encoded.body as Body, losses: encoded.losses.map((loss) => `${loss.kind} ${loss.pointer}`), encoded };
}

const use = (id: string, name = 'read', input: unknown = { path: 'a' }) => ({ type: 'tool_use', id, name, input });
const result = (id: string, content: unknown = 'done', more: object = {}) => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  ...more,
});
const signed = (signature: string, of: 'call' | 'thought' = 'call', thinking = '') => ({
  type: 'thinking',
  thinking,
  signature: tagSignature({ of, signature }),
});
const png = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } };
const pngPart = { inlineData: { mimeType: 'image/png', data: 'aGk=' } };
const tool = {
  name: 'read',
  description: 'Reads.',
  input_schema: { type: 'object', properties: { path: { type: 'string' } } },
};

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

describe('tools', () => {
  test('become declarations, and fields without a counterpart are noted', () => {
    const custom = { ...tool, type: 'custom', strict: true, defer_loading: true, cache_control: { type: 'ephemeral' } };
    const { body, losses } = encode({ tools: [custom, { name: 'now', input_schema: { type: 'object' } }] });
    const parameters = { type: 'OBJECT', properties: { path: { type: 'STRING' } } };
    expect(body.tools).toEqual([
      { functionDeclarations: [{ name: 'read', description: 'Reads.', parameters }, { name: 'now' }] },
    ]);
    expect(body).not.toHaveProperty('toolConfig');
    expect(losses).toEqual(['strict', 'defer_loading', 'cache_control'].map((key) => `dropped /tools/0/${key}`));
  });

  test('a rewritten schema is lost with its place in the request', () => {
    const schema = { type: 'object', properties: { n: { type: 'integer', exclusiveMinimum: 0 } }, $schema: 's' };
    expect(encode({ tools: [{ name: 'a', input_schema: schema }] }).losses).toEqual([
      'dropped /tools/0/input_schema/?schema',
      'renamed /tools/0/input_schema/properties/n/exclusiveMinimum',
    ]);
  });

  test('a server tool is dropped, with what chose it', () => {
    const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 };
    const choice = { type: 'tool', name: 'web_search' };
    const alone = encode({ tools: [search], tool_choice: choice });
    expect(alone.body).not.toHaveProperty('tools');
    expect(alone.body).not.toHaveProperty('toolConfig');
    expect(alone.losses).toEqual(['dropped /tools/0', 'dropped /tool_choice']);
    expect(encode({ tools: [search, tool], tool_choice: choice }).body['toolConfig']).toEqual({
      functionCallingConfig: { mode: 'AUTO' },
    });
  });

  test.each([`mcp__server__${'x'.repeat(60)}`, '3d-render', '-x', 'has spaces', 'ünï'])(
    'the name %s is made to fit alike in list, choice and history',
    (name) => {
      const messages = [
        question,
        { role: 'assistant', content: [use('t1', name)] },
        { role: 'user', content: [result('t1')] },
      ];
      const { body, losses } = encode({ tools: [{ ...tool, name }], messages, tool_choice: { type: 'tool', name } });
      const sent = body.tools?.[0]?.functionDeclarations[0]?.['name'];
      expect(sent).not.toBe(name);
      expect(body['toolConfig']).toEqual({ functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [sent] } });
      expect(body.contents[1]?.parts[0]).toMatchObject({ functionCall: { name: sent } });
      expect(body.contents[2]?.parts[0]).toMatchObject({ functionResponse: { name: sent } });
      expect(losses).toEqual(['renamed /messages/1/content/0/name', 'repaired /messages/1/content/0']);
    },
  );

  test.each([
    [{ type: 'auto' }, { mode: 'AUTO' }],
    [{ type: 'any' }, { mode: 'ANY' }],
    [{ type: 'none' }, { mode: 'NONE' }],
    [
      { type: 'tool', name: 'read' },
      { mode: 'ANY', allowedFunctionNames: ['read'] },
    ],
  ])('tool_choice %j is said in the words of the upstream', (choice, expected) => {
    const { body, losses } = encode({ tools: [tool], tool_choice: choice });
    expect(body['toolConfig']).toEqual({ functionCallingConfig: expected });
    expect(losses).toEqual([]);
  });

  test('that calls are to come one at a time cannot be said', () => {
    const request = { tools: [tool], tool_choice: { type: 'auto', disable_parallel_tool_use: true } };
    expect(encode(request).losses).toEqual(['dropped /tool_choice/disable_parallel_tool_use']);
  });

  test('arguments are asked to stream only where that is declared, and only of a stream', () => {
    const target = { quirks: ['stream-function-arguments'] };
    expect(encode({ tools: [tool], stream: true }, target).body['toolConfig']).toEqual({
      functionCallingConfig: { streamFunctionCallArguments: true },
    });
    expect(encode({ tools: [tool] }, target).body).not.toHaveProperty('toolConfig');
    expect(encode({ tools: [tool], stream: true }).body).not.toHaveProperty('toolConfig');
  });
});

describe('parameters', () => {
  const reasons = { supportsReasoningEffort: true };
  const reasonsOld = { ...old, ...reasons };
  test.each([
    [{ max_tokens: 64_000 }, { maxOutputTokens: 8_192 }, { maxOutputTokens: 8_192 }, ['clamped /max_tokens']],
    [{ max_tokens: 100 }, { maxOutputTokens: 8_192 }, { maxOutputTokens: 100 }, []],
    [{ temperature: 0, top_p: 0.5, top_k: 5 }, {}, { temperature: 0, topP: 0.5, topK: 5 }, []],
    [{ temperature: 0, top_k: 5 }, { quirks: ['no-sampling'] }, undefined, ['dropped /temperature', 'dropped /top_k']],
    [{ stop_sequences: ['a', 'b'] }, {}, { stopSequences: ['a', 'b'] }, []],
    [{ stop_sequences: [...'abcdef'] }, {}, { stopSequences: [...'abcde'] }, ['clamped /stop_sequences']],
    [{ metadata: { user_id: '{"session_id":"s"}' } }, {}, undefined, ['dropped /metadata']],
    [{ context_management: { edits: [] } }, {}, undefined, ['dropped /context_management']],
    [{ something_new: 1 }, {}, undefined, ['dropped /something_new']],
    [{ thinking: { type: 'adaptive' } }, {}, undefined, ['dropped /thinking']],
    [{ thinking: { type: 'disabled' } }, {}, undefined, []],
    [{ output_config: { effort: 'high' } }, {}, undefined, ['dropped /output_config/effort']],
    [
      { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
      reasons,
      { thinkingConfig: { thinkingLevel: 'low', includeThoughts: true } },
      [],
    ],
    [
      { output_config: { effort: 'max' } },
      reasons,
      { thinkingConfig: { thinkingLevel: 'high' } },
      ['approximated /output_config/effort'],
    ],
    [{ thinking: { type: 'adaptive' } }, reasons, { thinkingConfig: { includeThoughts: true } }, []],
    [
      { thinking: { type: 'enabled', budget_tokens: 31_999 } },
      reasons,
      { thinkingConfig: { thinkingLevel: 'high', includeThoughts: true } },
      ['approximated /thinking/budget_tokens'],
    ],
    [
      { thinking: { type: 'disabled' } },
      reasons,
      { thinkingConfig: { thinkingLevel: 'low' } },
      ['approximated /thinking'],
    ],
    [
      { thinking: { type: 'enabled', budget_tokens: 2_000 } },
      reasonsOld,
      { thinkingConfig: { thinkingBudget: 2_000, includeThoughts: true } },
      [],
    ],
    [
      { thinking: { type: 'enabled', budget_tokens: 31_999 } },
      reasonsOld,
      { thinkingConfig: { thinkingBudget: 24_576, includeThoughts: true } },
      ['clamped /thinking/budget_tokens'],
    ],
    [
      { thinking: { type: 'adaptive' } },
      reasonsOld,
      { thinkingConfig: { thinkingBudget: -1, includeThoughts: true } },
      [],
    ],
    [
      { thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } },
      reasonsOld,
      { thinkingConfig: { thinkingBudget: 8_192, includeThoughts: true } },
      ['approximated /output_config/effort'],
    ],
    [{ thinking: { type: 'disabled' } }, reasonsOld, { thinkingConfig: { thinkingBudget: 0 } }, []],
    [
      { thinking: { type: 'disabled' } },
      { model: 'gemini-2.5-pro', ...reasons },
      { thinkingConfig: { thinkingBudget: 128 } },
      ['approximated /thinking'],
    ],
    [
      { thinking: { type: 'adaptive', display: 'omitted' } },
      { model: 'my-alias', quirks: ['gemini-2'], ...reasons },
      { thinkingConfig: { thinkingBudget: -1 } },
      [],
    ],
  ] as [object, Partial<EncodeTargetInput>, object | undefined, string[]][])(
    '%j for %j is sent as %j',
    (request, target, config, losses) => {
      const encoded = encode(request as Record<string, unknown>, target);
      expect(encoded.body).toEqual({
        contents: [asked],
        ...(config === undefined ? {} : { generationConfig: config }),
      });
      expect(encoded.losses).toEqual(losses);
    },
  );

  test('a structured output goes as a response schema, and beside tools only to models that take both', () => {
    const schema = { type: 'object', properties: { a: { type: ['string', 'null'] } }, additionalProperties: false };
    const request = { output_config: { format: { type: 'json_schema', schema } } };
    const { body, losses } = encode(request, old);
    expect(body.generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseSchema: { type: 'OBJECT', properties: { a: { type: 'STRING', nullable: true } } },
    });
    expect(losses).toEqual([
      'dropped /output_config/format/schema/additionalProperties',
      'renamed /output_config/format/schema/properties/a/type',
    ]);
    expect(encode({ ...request, tools: [tool] }).body.generationConfig).toHaveProperty('responseSchema');
    const both = encode({ ...request, tools: [tool] }, old);
    expect(both.body).not.toHaveProperty('generationConfig');
    expect(both.losses).toEqual(['dropped /output_config/format']);
  });

  test('fields of the same wire family ride along, those of others are lost', () => {
    const body = { model: 'm', messages: [question], max_tokens: 1 } as CanonicalBody;
    const extras = { gemini: { safetySettings: [], seed: 7, odd: 1 }, openai: { seed: 1 } };
    const encoded = encodeRequest({ body, extras }, createEncodeTarget({ model: 'gemini-3-pro' }));
    expect(encoded.body).toMatchObject({ safetySettings: [], generationConfig: { seed: 7, maxOutputTokens: 1 } });
    expect(encoded.losses.map((loss) => loss.pointer)).toEqual(['/extras/gemini/odd', '/extras/openai/seed']);
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
    { numRuns: 400 },
  );
});
