import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROPERTY } from '../../testing/property.ts';
import { refuseOpenaiBody } from '../../testing/strict-openai.ts';
import type { CanonicalBody } from '../canonical.ts';
import { createEncodeTarget, type EncodeTargetInput } from '../encode-target.ts';
import { encodeRequest } from './encode-request.ts';

type Message = Record<string, unknown> & { role: string; content: unknown };
type Body = Record<string, unknown> & { messages: Message[]; tools?: { function: Record<string, unknown> }[] };

const question = { role: 'user' as const, content: 'question' };

/** Requests are written as clients write them, which is wider than the SDK's types. */
function encode(request: Record<string, unknown>, target: Partial<EncodeTargetInput> = {}) {
  const body = { model: 'claude-test', messages: [question], ...request } as unknown as CanonicalBody;
  const before = structuredClone(body);
  const encoded = encodeRequest({ body, extras: {} }, createEncodeTarget({ model: 'gpt-test', ...target }));
  expect(body, 'the canonical request is never changed').toEqual(before);
  return { body: encoded.body as Body, losses: encoded.losses.map((loss) => `${loss.kind} ${loss.pointer}`), encoded };
}

const use = (id: string, name = 'read', input: unknown = { path: 'a' }) => ({ type: 'tool_use', id, name, input });
const result = (id: string, content: unknown = 'done', more: object = {}) => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  ...more,
});
const png = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } };
const tool = { name: 'read', description: 'Reads.', input_schema: { type: 'object', properties: { path: {} } } };

describe('system prompts', () => {
  test('blocks become one system message, whole and apart', () => {
    const system = [
      { type: 'text', text: 'One.' },
      { type: 'text', text: 'Two.', cache_control: { type: 'ephemeral' } },
    ];
    const { body, losses } = encode({ system });
    expect(body.messages).toEqual([{ role: 'system', content: 'One.\n\nTwo.' }, question]);
    expect(losses).toEqual(['dropped /system/1/cache_control']);
  });

  test('the attribution block of the client is stripped', () => {
    const billing = { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.197.3f2;' };
    const { body, losses } = encode({ system: [billing, { type: 'text', text: 'Real.' }] });
    expect(body.messages[0]).toEqual({ role: 'system', content: 'Real.' });
    expect(losses).toEqual(['dropped /system/0']);
  });

  test.each([
    ['system', [], { role: 'system', content: 'Agents: a, b.' }],
    ['developer', ['mid-system-as-developer'], { role: 'developer', content: 'Agents: a, b.' }],
    ['user', ['mid-system-as-user'], { role: 'user', content: '<system-message>\nAgents: a, b.\n</system-message>' }],
  ])('a system entry inside the conversation keeps its place as %s text', (_, quirks, expected) => {
    for (const content of ['Agents: a, b.', [{ type: 'text', text: 'Agents: a, b.' }]]) {
      const messages = [question, { role: 'system', content }, { role: 'assistant', content: 'x' }, question];
      expect(encode({ messages }, { quirks }).body.messages[1]).toEqual(expected);
    }
  });

  test('a system entry between a call and its result does not come between them', () => {
    const messages = [
      question,
      { role: 'assistant', content: [use('t1')] },
      { role: 'system', content: 'note' },
      { role: 'user', content: [result('t1')] },
    ];
    const { body } = encode({ messages });
    expect(body.messages.map((message) => message.role)).toEqual(['user', 'assistant', 'tool', 'system']);
  });
});

describe('tool calls and results in the history', () => {
  test('results are paired by id whatever their order, contiguous, with accompanying text after them', () => {
    const messages = [
      question,
      { role: 'assistant', content: [{ type: 'text', text: 'Reading.' }, use('t1'), use('t2')] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'before' },
          result('t2', 'second'),
          result('t1', 'first'),
          { type: 'text', text: 'after' },
        ],
      },
    ];
    expect(encode({ messages }).body.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: 'Reading.',
        tool_calls: ['t1', 't2'].map((id) => ({
          id,
          type: 'function',
          function: { name: 'read', arguments: '{"path":"a"}' },
        })),
      },
      { role: 'tool', tool_call_id: 't1', content: 'first' },
      { role: 'tool', tool_call_id: 't2', content: 'second' },
      { role: 'user', content: 'before\n\nafter' },
    ]);
  });

  test('an unanswered call is answered, and a result without its call is kept as text', () => {
    const messages = [
      question,
      { role: 'assistant', content: [use('t1')] },
      { role: 'user', content: [result('t9', 'orphan')] },
    ];
    const { body, losses } = encode({ messages });
    expect(body.messages[2]).toMatchObject({
      role: 'tool',
      tool_call_id: 't1',
      content: expect.stringMatching(/No result/),
    });
    expect(body.messages[3]?.content).toMatch(/orphan/);
    expect(losses).toEqual(['repaired /messages/1/content/0', 'repaired /messages/2/content/0']);
  });

  test('a call without a result does not take that of a later turn which has the same id', () => {
    const messages = [
      question,
      { role: 'assistant', content: [use('t1')] },
      question,
      { role: 'assistant', content: [use('t1')] },
      { role: 'user', content: [result('t1', 'second')] },
    ];
    const answers = encode({ messages }).body.messages.filter((message) => message.role === 'tool');
    expect(answers.map((message) => message.content)).toEqual([expect.stringMatching(/No result/), 'second']);
  });

  test('a failed call is told apart in the text', () => {
    const messages = [
      question,
      { role: 'assistant', content: [use('t1')] },
      { role: 'user', content: [result('t1', 'ENOENT', { is_error: true })] },
    ];
    const { body, losses } = encode({ messages });
    expect(body.messages[2]?.content).toBe('[The tool call failed]\n\nENOENT');
    expect(losses).toEqual(['approximated /messages/2/content/0/is_error']);
  });

  test('an image in a result is carried by the next user message, and never pasted as text', () => {
    const messages = [
      question,
      { role: 'assistant', content: [use('t1'), use('t2')] },
      {
        role: 'user',
        content: [result('t1', [{ type: 'text', text: 'shot' }, png]), result('t2'), { type: 'text', text: 'look' }],
      },
    ];
    const { body } = encode({ messages });
    expect(body.messages.slice(2).map((message) => message.role)).toEqual(['tool', 'tool', 'user']);
    expect(body.messages[2]?.content).toMatch(/^shot\n\n/);
    expect(JSON.stringify(body.messages[2])).not.toContain('aGk=');
    expect(body.messages[4]?.content).toEqual([
      { type: 'text', text: 'Attached to tool result t1:' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
      { type: 'text', text: 'look' },
    ]);
  });

  test.each([
    ['a tool reference', [{ type: 'tool_reference', tool_name: 'mcp__x__y' }], /mcp__x__y/],
    [
      'a search result',
      [{ type: 'search_result', title: 'T', source: 'https://s', content: [{ type: 'text', text: 'body' }] }],
      /T\nhttps:\/\/s\nbody/,
    ],
    [
      'a text document',
      [{ type: 'document', title: 'D', source: { type: 'text', media_type: 'text/plain', data: 'words' } }],
      /D\nwords/,
    ],
    [
      'a PDF',
      [{ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' } }],
      /document omitted/,
    ],
    ['nothing', [], /^$/],
  ])('a result that holds %s still answers its call', (_, content, expected) => {
    const messages = [
      question,
      { role: 'assistant', content: [use('t1')] },
      { role: 'user', content: [result('t1', content)] },
    ];
    const answer = encode({ messages }).body.messages[2];
    expect(answer).toMatchObject({ role: 'tool', tool_call_id: 't1' });
    expect(answer?.content).toMatch(expected);
  });

  test('a long or odd id is shortened alike in call and result', () => {
    const id = `toolu_${'x'.repeat(60)}`;
    for (const odd of [id, 'weird id/with:stuff']) {
      const messages = [question, { role: 'assistant', content: [use(odd)] }, { role: 'user', content: [result(odd)] }];
      const { body, losses } = encode({ messages });
      const sent = String(body.messages[2]?.['tool_call_id']);
      expect(sent).toMatch(/^call_[a-z2-7]{24}$/);
      expect(JSON.stringify(body.messages[1])).toContain(sent);
      expect(losses).toEqual(['renamed /messages/1/content/0/id']);
    }
  });

  test('assistant messages that follow one another are one turn, as the Messages API has it', () => {
    const messages = [
      question,
      { role: 'assistant', content: [use('t1')] },
      { role: 'assistant', content: 'and' },
      { role: 'user', content: [result('t1')] },
    ];
    expect(encode({ messages }).body.messages.map((message) => message.role)).toEqual(['user', 'assistant', 'tool']);
  });

  test('thinking is dropped, and only replayed to servers that want theirs back', () => {
    const messages = [
      question,
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: '' }, use('t1')] },
      { role: 'user', content: [result('t1')] },
    ];
    const plain = encode({ messages });
    expect(plain.body.messages[1]).not.toHaveProperty('reasoning_content');
    expect(plain.losses).toEqual(['dropped /messages/1/content/0']);
    expect(encode({ messages }, { quirks: ['replay-reasoning'] }).body.messages[1]).toMatchObject({
      reasoning_content: 'hm',
    });
  });

  test('empty text blocks and blocks of unknown kinds do not reach the upstream', () => {
    const messages = [
      { role: 'user', content: [{ type: 'text', text: '' }, { type: 'hologram' }, { type: 'text', text: 'hi' }] },
    ];
    const { body, losses } = encode({ messages });
    expect(body.messages).toEqual([{ role: 'user', content: 'hi' }]);
    expect(losses).toEqual(['dropped /messages/0/content/1']);
  });
});

describe('images and documents of the user', () => {
  test('images go as parts, PDFs only where files are taken', () => {
    const pdf = {
      type: 'document',
      title: 'a.pdf',
      source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' },
    };
    const url = { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } };
    const messages = [{ role: 'user', content: [png, url, pdf] }];
    expect(encode({ messages }, { quirks: ['files'] }).body.messages[0]?.content).toEqual([
      { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
      { type: 'image_url', image_url: { url: 'https://example.org/a.png' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' } },
    ]);
    const blind = encode({ messages }, { quirks: ['no-images'] });
    expect(blind.body.messages[0]?.content).toMatch(/image omitted.*image omitted.*document omitted: "a.pdf"/s);
    expect(blind.losses).toEqual(['dropped /messages/0/content/0', 'dropped /messages/0/content/2']);
  });
});

describe('tools', () => {
  test('the schema passes as it is, and neither type nor other fields leak into it', () => {
    const schema = {
      type: 'object',
      $schema: 'http://json-schema.org/draft-07/schema#',
      properties: { n: { type: 'number', exclusiveMinimum: 0 }, k: { const: 1 } },
      propertyNames: { pattern: '^[a-z]+$' },
      additionalProperties: false,
    };
    const custom = {
      ...tool,
      type: 'custom',
      input_schema: schema,
      strict: true,
      defer_loading: true,
      eager_input_streaming: true,
      cache_control: { type: 'ephemeral' },
    };
    const { body, losses } = encode({ tools: [custom] });
    expect(body.tools).toEqual([
      { type: 'function', function: { name: 'read', description: 'Reads.', parameters: schema } },
    ]);
    expect(losses).toEqual(
      ['strict', 'defer_loading', 'eager_input_streaming', 'cache_control'].map((key) => `dropped /tools/0/${key}`),
    );
  });

  test('a tool is strict where OpenAI itself is asked and its schema leaves nothing open', () => {
    const closed = { type: 'object', properties: { n: {} }, required: ['n'], additionalProperties: false };
    const open = { type: 'object', properties: { n: {} } };
    const tools = [closed, open].map((schema, index) => ({ name: `t${index}`, input_schema: schema, strict: true }));
    const { body, losses } = encode({ tools }, { quirks: ['openai-extras'] });
    expect(body.tools?.map(({ function: called }) => called.strict)).toEqual([true, undefined]);
    expect(losses).toEqual(['dropped /tools/1/strict']);
  });

  test('a schema without type or properties becomes one that servers take', () => {
    const { body, losses } = encode({ tools: [{ name: 'now', input_schema: {} }] });
    expect(body.tools?.[0]?.function).toEqual({ name: 'now', parameters: { type: 'object', properties: {} } });
    expect(losses).toEqual(['repaired /tools/0/input_schema']);
  });

  test('a server tool is dropped, with what chose it', () => {
    const search = { type: 'web_search_20250305', name: 'web_search', max_uses: 8 };
    const choice = { type: 'tool', name: 'web_search' };
    const alone = encode({ tools: [search], tool_choice: choice });
    expect(alone.body).not.toHaveProperty('tools');
    expect(alone.body).not.toHaveProperty('tool_choice');
    expect(alone.losses).toEqual(['dropped /tools/0', 'dropped /tool_choice']);
    expect(encode({ tools: [search, tool], tool_choice: choice }).body['tool_choice']).toBe('auto');
  });

  test('a long name is shortened alike in list, choice and history, and two long names stay apart', () => {
    const long = `mcp__server__${'x'.repeat(60)}`;
    const tools = [`${long}1`, `${long}2`].map((name) => ({ ...tool, name }));
    const messages = [
      question,
      { role: 'assistant', content: [use('t1', `${long}2`)] },
      { role: 'user', content: [result('t1')] },
    ];
    const { body } = encode({ tools, messages, tool_choice: { type: 'tool', name: `${long}2` } });
    const names = body.tools?.map((sent) => String(sent.function['name'])) ?? [];
    expect(new Set(names).size).toBe(2);
    expect(names.every((name) => name.length === 64)).toBe(true);
    expect(body['tool_choice']).toEqual({ type: 'function', function: { name: names[1] } });
    expect(JSON.stringify(body.messages[1])).toContain(`"name":"${names[1]}"`);
  });

  test.each([
    [{ type: 'auto' }, 'auto'],
    [{ type: 'any' }, 'required'],
    [{ type: 'none' }, 'none'],
    [
      { type: 'tool', name: 'read' },
      { type: 'function', function: { name: 'read' } },
    ],
  ])('tool_choice %j is said in the words of the upstream', (choice, expected) => {
    expect(encode({ tools: [tool], tool_choice: choice }).body['tool_choice']).toEqual(expected);
  });

  test('one call at a time is asked for where the target can be asked', () => {
    const request = { tools: [tool], tool_choice: { type: 'auto', disable_parallel_tool_use: true } };
    expect(encode(request).body['parallel_tool_calls']).toBe(false);
    const deaf = encode(request, { quirks: ['no-parallel-tool-calls'] });
    expect(deaf.body).not.toHaveProperty('parallel_tool_calls');
    expect(deaf.losses).toEqual(['dropped /tool_choice/disable_parallel_tool_use']);
    expect(encode({ tools: [], tool_choice: request.tool_choice }).body).not.toHaveProperty('parallel_tool_calls');
  });
});

describe('parameters', () => {
  test.each([
    [{ max_tokens: 64_000 }, { maxOutputTokens: 16_384 }, { max_tokens: 16_384 }, ['clamped /max_tokens']],
    [{ max_tokens: 100 }, { maxOutputTokens: 16_384 }, { max_tokens: 100 }, []],
    [{ max_tokens: 100 }, { quirks: ['max-completion-tokens'] }, { max_completion_tokens: 100 }, []],
    [{ temperature: 0, top_p: 0.5 }, {}, { temperature: 0, top_p: 0.5 }, []],
    [{ temperature: 0, top_p: 0.5 }, { quirks: ['no-sampling'] }, {}, ['dropped /temperature', 'dropped /top_p']],
    [{ top_k: 5 }, {}, {}, ['dropped /top_k']],
    [{ stop_sequences: ['a', 'b'] }, {}, { stop: ['a', 'b'] }, []],
    [{ stop_sequences: [...'abcde'] }, {}, { stop: [...'abcd'] }, ['clamped /stop_sequences']],
    [{ stop_sequences: ['a'] }, { quirks: ['no-stop'] }, {}, ['dropped /stop_sequences']],
    [{ stream: true }, {}, { stream: true, stream_options: { include_usage: true } }, []],
    [{ stream: true }, { quirks: ['no-stream-options'] }, { stream: true }, []],
    [{ stream: false }, {}, {}, []],
    [{ metadata: { user_id: '{"session_id":"s"}' } }, {}, {}, ['dropped /metadata']],
    [{ context_management: { edits: [] } }, {}, {}, ['dropped /context_management']],
    [{ something_new: 1 }, {}, {}, ['dropped /something_new']],
    [{ thinking: { type: 'adaptive' } }, {}, {}, ['dropped /thinking']],
    [{ thinking: { type: 'disabled' } }, {}, {}, []],
    [{ output_config: { effort: 'high' } }, {}, {}, ['dropped /output_config/effort']],
    [
      { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
      { supportsReasoningEffort: true },
      { reasoning_effort: 'low' },
      [],
    ],
    [
      { output_config: { effort: 'max' } },
      { supportsReasoningEffort: true },
      { reasoning_effort: 'high' },
      ['approximated /output_config/effort'],
    ],
    [
      { thinking: { type: 'enabled', budget_tokens: 31_999 } },
      { supportsReasoningEffort: true },
      { reasoning_effort: 'high' },
      ['approximated /thinking/budget_tokens'],
    ],
    [{ thinking: { type: 'adaptive' } }, { supportsReasoningEffort: true }, {}, []],
    [
      { thinking: { type: 'disabled' }, output_config: { effort: 'high' } },
      { supportsReasoningEffort: true },
      {},
      ['dropped /output_config/effort', 'approximated /thinking'],
    ],
  ] as [object, Partial<EncodeTargetInput>, object, string[]][])(
    '%j for %j is sent as %j',
    (request, target, sent, losses) => {
      const encoded = encode(request as Record<string, unknown>, target);
      expect(encoded.body).toEqual({ model: 'gpt-test', messages: [question], ...sent });
      expect(encoded.losses).toEqual(losses);
    },
  );

  test('a structured output goes as response_format, strict only where the schema allows it', () => {
    const strict = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    };
    const loose = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false };
    const format = (schema: object) => ({ output_config: { format: { type: 'json_schema', schema } } });
    const sent = (schema: object, isStrict: boolean) => ({
      type: 'json_schema',
      json_schema: { name: 'output', schema, strict: isStrict },
    });
    expect(encode(format(strict)).body['response_format']).toEqual(sent(strict, true));
    expect(encode(format(strict)).losses).toEqual([]);
    expect(encode(format(loose)).body['response_format']).toEqual(sent(loose, false));
    expect(encode(format(loose)).losses).toEqual(['approximated /output_config/format']);
    expect(encode(format(strict), { quirks: ['no-response-format'] }).body).not.toHaveProperty('response_format');
  });

  test('fields of the same wire family ride along, those of others are lost', () => {
    const body = { model: 'm', messages: [question], max_tokens: 1 } as CanonicalBody;
    const target = createEncodeTarget({ model: 'gpt-test' });
    const encoded = encodeRequest({ body, extras: { openai: { seed: 7, n: 3 }, gemini: { safety: 1 } } }, target);
    expect(encoded.body).toMatchObject({ seed: 7 });
    expect(encoded.losses.map((loss) => loss.pointer)).toEqual(['/extras/openai/n', '/extras/gemini/safety']);
  });
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
  fc.constant({ type: 'thinking', thinking: 'hm', signature: '' }),
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
    fc.property(fc.array(message, { minLength: 1, maxLength: 8 }), fc.boolean(), (messages, stream) => {
      const request = {
        messages: [question, ...messages],
        stream,
        tools: [tool],
        max_tokens: 5,
        top_k: 3,
        metadata: {},
      };
      const { body } = encode(request);
      expect(refuseOpenaiBody(body)).toBeNull();
      for (const sent of body.messages)
        if (sent.role !== 'tool' && sent.role !== 'assistant') expect(sent.content).not.toBe('');
    }),
    PROPERTY,
  );
});
