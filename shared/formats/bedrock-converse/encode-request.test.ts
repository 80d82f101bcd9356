import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refuseConverseBody } from '../../testing/strict-converse.ts';
import type { Canonical, CanonicalBody } from '../canonical.ts';
import { createEncodeTarget, type EncodeTargetInput } from '../encode-target.ts';
import { encodeToolName } from '../tool-name.ts';
import { encodeRequest } from './encode-request.ts';

type Message = { role: string; content: Record<string, unknown>[] };
type Body = Record<string, unknown> & { messages: Message[] };

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const NOVA = 'amazon.nova-pro-v1:0';
const LLAMA = 'meta.llama3-3-70b-instruct-v1:0';
const question = { role: 'user', content: 'question' };

/** Requests are written as clients write them, which is wider than the SDK's types. */
function encode(
  request: Record<string, unknown>,
  target: Partial<EncodeTargetInput> = {},
  extras: Canonical['extras'] = {},
) {
  const body = { model: 'claude-test', messages: [question], ...request } as unknown as CanonicalBody;
  const before = structuredClone(body);
  const encoded = encodeRequest({ body, extras }, createEncodeTarget({ model: CLAUDE, ...target }));
  expect(body, 'the canonical request is never changed').toEqual(before);
  expect(refuseConverseBody(encoded.body as Body)).toBeNull();
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
const pdf = (title?: string) => ({
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
  ...(title === undefined ? {} : { title }),
});
const cached = { cache_control: { type: 'ephemeral' } };
const cachePoint = { cachePoint: { type: 'default' } };
const tool = { name: 'read', description: 'Reads.', input_schema: { type: 'object', properties: { path: {} } } };
const tools = [tool];
/** A history with calls and their results, with the tools that Converse wants beside it. */
const afterCalls = (ids: readonly string[], results: readonly object[], more: object = {}) => ({
  tools,
  messages: [question, { role: 'assistant', content: ids.map((id) => use(id)) }, { role: 'user', content: results }],
  ...more,
});

describe('the address', () => {
  test('names the model and whether a stream is wanted', () => {
    expect(encode({}).encoded).toMatchObject({
      path: '/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse',
      headers: { accept: 'application/json' },
    });
    const arn = 'arn:aws:bedrock:us-east-1:1:application-inference-profile/abc';
    const { encoded } = encode({ stream: true }, { model: arn });
    expect(encoded.path).toBe(`/model/${encodeURIComponent(arn)}/converse-stream`);
    expect(encoded.headers['accept']).toBe('application/vnd.amazon.eventstream');
    expect(encoded.body).not.toHaveProperty('stream');
    expect(encoded.body).not.toHaveProperty('model');
  });
});

describe('system prompts', () => {
  test('blocks stay apart, with a cache point behind each breakpoint', () => {
    const system = [
      { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.197.3f2;' },
      { type: 'text', text: 'One.', ...cached },
      { type: 'text', text: 'Two.' },
      { type: 'text', text: '' },
    ];
    const { body, losses } = encode({ system });
    expect(body['system']).toEqual([{ text: 'One.' }, cachePoint, { text: 'Two.' }]);
    expect(losses).toEqual(['dropped /system/0']);
  });

  test('a blank system prompt is left out, with its breakpoint', () => {
    expect(encode({ system: [{ type: 'text', text: ' ', ...cached }] }).body).not.toHaveProperty('system');
  });

  test('a system entry inside the conversation keeps its place as marked user text', () => {
    for (const content of ['Agents: a, b.', [{ type: 'text', text: 'Agents: a, b.' }]]) {
      const { body, losses } = encode({ messages: [question, { role: 'system', content }] });
      expect(body.messages).toEqual([
        {
          role: 'user',
          content: [{ text: 'question' }, { text: '<system-message>\nAgents: a, b.\n</system-message>' }],
        },
      ]);
      expect(losses).toEqual(['approximated /messages/1']);
    }
  });

  test('a system entry between a call and its result does not come between them', () => {
    const { body } = encode({
      tools,
      messages: [
        question,
        { role: 'assistant', content: [use('t1')] },
        { role: 'system', content: 'note' },
        { role: 'user', content: [result('t1')] },
      ],
    });
    expect(body.messages[2]?.content).toMatchObject([{ toolResult: {} }, { text: expect.stringMatching(/note/) }]);
  });
});

describe('the order of the conversation', () => {
  test('neighbours of one role become one message', () => {
    const { body, losses } = encode({
      messages: [question, { role: 'user', content: 'more' }, { role: 'assistant', content: 'a' }, question],
    });
    expect(body.messages[0]?.content).toEqual([{ text: 'question' }, { text: 'more' }]);
    expect(body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(losses).toEqual([]);
  });

  test('a conversation that begins with the assistant gets a user turn before it', () => {
    const { body, losses } = encode({ messages: [{ role: 'assistant', content: 'Hello.' }, question] });
    expect(body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(losses).toEqual(['repaired /messages/0']);
  });

  test('empty and blank text is removed, and a message without content is repaired', () => {
    const blocks = [
      { type: 'text', text: '' },
      { type: 'text', text: '  \n' },
    ];
    const { body, losses } = encode({ messages: [{ role: 'user', content: blocks }] });
    expect(body.messages).toEqual([{ role: 'user', content: [{ text: '(no content)' }] }]);
    expect(losses).toEqual(['dropped /messages/0/content/1', 'repaired /messages/0']);
  });

  test('an assistant turn without content goes, and what was around it is one message', () => {
    const { body, losses } = encode({ messages: [question, { role: 'assistant', content: '' }, question] });
    expect(body.messages).toEqual([{ role: 'user', content: [{ text: 'question' }, { text: 'question' }] }]);
    expect(losses).toEqual(['dropped /messages/1']);
  });

  test('an answer to be continued stays the last message', () => {
    const { body, losses } = encode({ messages: [question, { role: 'assistant', content: 'It is' }] });
    expect(body.messages.at(-1)).toEqual({ role: 'assistant', content: [{ text: 'It is' }] });
    expect(losses).toEqual([]);
  });
});

describe('tool calls and results in the history', () => {
  test('results are paired by id whatever their order, contiguous, with accompanying blocks behind them', () => {
    const text = { type: 'text', text: 'meanwhile' };
    const { body, losses } = encode(
      afterCalls(['t1', 't2'], [text, result('t2', 'second'), png, result('t1', 'first')]),
    );
    expect(body.messages[1]?.content[0]).toEqual({ toolUse: { toolUseId: 't1', name: 'read', input: { path: 'a' } } });
    expect(body.messages[2]?.content).toEqual([
      { toolResult: { toolUseId: 't1', content: [{ text: 'first' }] } },
      { toolResult: { toolUseId: 't2', content: [{ text: 'second' }] } },
      { text: 'meanwhile' },
      { image: { format: 'png', source: { bytes: 'aGk=' } } },
    ]);
    expect(losses).toEqual([]);
  });

  test('an unanswered call is answered, also at the end, and a result without its call is kept as text', () => {
    const middle = encode(afterCalls(['t1'], [result('t9', 'orphan')]));
    expect(middle.body.messages[2]?.content).toMatchObject([
      { toolResult: { toolUseId: 't1', content: [{ text: expect.stringMatching(/No result/) }] } },
      { text: 'Result of an earlier tool call:' },
      { text: 'orphan' },
    ]);
    expect(middle.losses).toEqual(['repaired /messages/1/content/0', 'repaired /messages/2/content/0']);
    const end = encode({ tools, messages: [question, { role: 'assistant', content: [use('t1')] }] });
    expect(end.body.messages).toHaveLength(3);
  });

  test('a failed call is a status, and for models that take none it is text', () => {
    const request = afterCalls(['t1'], [result('t1', 'ENOENT', { is_error: true })]);
    const claude = encode(request);
    expect(claude.body.messages[2]?.content[0]).toEqual({
      toolResult: { toolUseId: 't1', content: [{ text: 'ENOENT' }], status: 'error' },
    });
    expect(claude.losses).toEqual([]);
    const llama = encode(request, { model: LLAMA });
    expect(llama.body.messages[2]?.content[0]).toEqual({
      toolResult: { toolUseId: 't1', content: [{ text: '[The tool call failed]' }, { text: 'ENOENT' }] },
    });
    expect(llama.losses).toEqual(['approximated /messages/2/content/0/is_error']);
  });

  test('images and documents stay inside a result, or follow it where the model takes none there', () => {
    const request = afterCalls(['t1'], [result('t1', [{ type: 'text', text: 'see' }, png, pdf('Report')])]);
    const claude = encode(request);
    expect(claude.body.messages[2]?.content).toMatchObject([
      { toolResult: { content: [{ text: 'see' }, { image: {} }, { document: { format: 'pdf', name: 'Report' } }] } },
    ]);
    expect(claude.losses).toEqual([]);
    const llama = encode(request, { model: LLAMA });
    expect(llama.body.messages[2]?.content).toMatchObject([
      { toolResult: { content: [{ text: 'see' }, { text: '[2 attachment(s) of this result follow]' }] } },
      { text: 'Attached to tool result t1:' },
      { image: {} },
      { document: {} },
    ]);
    expect(llama.losses).toEqual(['approximated /messages/2/content/0']);
  });

  test.each([[null], [''], [[]], [[{ type: 'text', text: ' ' }]]])(
    'a result without content says so: %j',
    (content) => {
      const { body } = encode(afterCalls(['t1'], [result('t1', content)]));
      expect(body.messages[2]?.content[0]).toMatchObject({ toolResult: { content: [{ text: '(no output)' }] } });
    },
  );

  test('ids and names that do not fit are replaced alike in calls, results and tools', () => {
    const id = `call|${'x'.repeat(80)}`;
    const name = `mcp__${'server'.repeat(12)}__tool`;
    const { body, losses } = encode({
      tools: [{ ...tool, name }],
      tool_choice: { type: 'tool', name },
      messages: [question, { role: 'assistant', content: [use(id, name)] }, { role: 'user', content: [result(id)] }],
    });
    const short = encodeToolName(name);
    expect(body['toolConfig']).toMatchObject({
      tools: [{ toolSpec: { name: short } }],
      toolChoice: { tool: { name: short } },
    });
    const called = body.messages[1]?.content[0]?.['toolUse'] as { toolUseId: string; name: string };
    expect(called.name).toBe(short);
    expect(body.messages[2]?.content[0]).toMatchObject({ toolResult: { toolUseId: called.toolUseId } });
    // The tool's own entry is the same loss again, and counted.
    expect(losses).toEqual(['renamed /messages/1/content/0/name', 'renamed /messages/1/content/0/id']);
  });

  test('two calls of one turn with the same id are told apart', () => {
    const { body } = encode(afterCalls(['t1', 't1'], [result('t1', 'a'), result('t1', 'b')]));
    expect(body.messages[2]?.content).toMatchObject([
      { toolResult: { content: [{ text: 'a' }] } },
      { toolResult: { content: [{ text: 'b' }] } },
    ]);
  });

  test('without tools in the request, calls and results are text', () => {
    const { tools: _tools, ...request } = afterCalls(['t1'], [result('t1', 'done', { is_error: true })]);
    const { body, losses } = encode(request);
    expect(body.messages.slice(1)).toEqual([
      { role: 'assistant', content: [{ text: '[Called tool read with {"path":"a"}]' }] },
      { role: 'user', content: [{ text: 'Result of an earlier tool call, which failed:' }, { text: 'done' }] },
    ]);
    expect(losses).toEqual(['approximated /messages/1/content/0', 'approximated /messages/2/content/0']);
  });

  test('tool references and search results are text', () => {
    const { body, losses } = encode(
      afterCalls(
        ['t1'],
        [
          result('t1', [
            { type: 'tool_reference', tool_name: 'grep' },
            { type: 'search_result', title: 'T', source: 's', content: [{ type: 'text', text: 'x' }] },
          ]),
        ],
      ),
    );
    expect(body.messages[2]?.content[0]).toMatchObject({
      toolResult: { content: [{ text: 'Tool found: grep' }, { text: 'T\ns\nx' }] },
    });
    expect(losses).toHaveLength(2);
  });
});

describe('images and documents', () => {
  test.each(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])('an image of type %s is sent', (media_type) => {
    const block = { type: 'image', source: { type: 'base64', media_type, data: 'aGk=' } };
    const { body, losses } = encode({ messages: [{ role: 'user', content: [block] }] });
    expect(body.messages[0]?.content[0]).toEqual({
      image: { format: media_type.slice('image/'.length), source: { bytes: 'aGk=' } },
    });
    expect(losses).toEqual([]);
  });

  test('an image at a web address cannot be sent, and the model is told; one on S3 can', () => {
    const web = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } };
    const s3 = { type: 'image', source: { type: 'url', url: 's3://bucket/a.jpg' } };
    const { body, losses } = encode({ messages: [{ role: 'user', content: [web, s3] }] });
    expect(body.messages[0]?.content).toEqual([
      { text: expect.stringMatching(/omitted/) },
      { image: { format: 'jpeg', source: { s3Location: { uri: 's3://bucket/a.jpg' } } } },
    ]);
    expect(losses).toEqual(['dropped /messages/0/content/0']);
  });

  test('documents get names that fit and differ, and a text beside them', () => {
    const { body, losses } = encode({
      messages: [{ role: 'user', content: [pdf('Q3_report.pdf'), pdf('Q3_report.pdf'), pdf()] }],
    });
    expect(body.messages[0]?.content).toMatchObject([
      { document: { format: 'pdf', name: 'Q3-report-pdf', source: { bytes: 'JVBERi0=' } } },
      { document: { name: 'Q3-report-pdf (2)' } },
      { document: { name: 'document' } },
      { text: 'Attached: Q3-report-pdf' },
    ]);
    expect(losses).toEqual(['renamed /messages/0/content/0/title', 'repaired /messages/0']);
  });

  test('a text document is sent as one, with its context before it', () => {
    const source = { type: 'text', media_type: 'text/plain', data: 'zwölf' };
    const block = { type: 'document', source, title: 'Notes', context: 'From Monday.', citations: { enabled: true } };
    const { body, losses } = encode({ messages: [{ role: 'user', content: [block] }] });
    expect(body.messages[0]?.content).toEqual([
      { text: 'From Monday.' },
      { document: { format: 'txt', name: 'Notes', source: { bytes: Buffer.from('zwölf').toString('base64') } } },
    ]);
    expect(losses).toEqual(['dropped /messages/0/content/0/citations']);
  });

  test('a document of parts is its parts, and one that cannot be sent is named to the model', () => {
    const parts = {
      type: 'document',
      title: 'T',
      source: { type: 'content', content: [{ type: 'text', text: 'p' }, png] },
    };
    const file = { type: 'document', title: 'Far', source: { type: 'file', file_id: 'f' } };
    const { body, losses } = encode({ messages: [{ role: 'user', content: [parts, file] }] });
    expect(body.messages[0]?.content).toMatchObject([
      { text: 'T' },
      { text: 'p' },
      { image: {} },
      { text: expect.stringMatching(/document omitted: "Far"/) },
    ]);
    expect(losses).toEqual(['dropped /messages/0/content/1']);
  });
});

describe('tools', () => {
  test('a tool becomes its spec; keys without a counterpart are lost', () => {
    const { body, losses } = encode({ tools: [{ ...tool, type: 'custom', defer_loading: true, ...cached }] });
    expect(body['toolConfig']).toEqual({
      tools: [
        { toolSpec: { name: 'read', description: 'Reads.', inputSchema: { json: tool.input_schema } } },
        cachePoint,
      ],
    });
    expect(losses).toEqual(['dropped /tools/0/defer_loading']);
  });

  test('an empty description is left out, and a schema without type or properties is made whole', () => {
    const { body, losses } = encode({ tools: [{ name: 'now', description: '', input_schema: {} }] });
    expect(body['toolConfig']).toEqual({
      tools: [{ toolSpec: { name: 'now', inputSchema: { json: { type: 'object', properties: {} } } } }],
    });
    expect(losses).toEqual(['repaired /tools/0/input_schema']);
  });

  test('Nova gets only the keys that it takes at the top of a schema', () => {
    const input_schema = { $schema: 'x', type: 'object', properties: {}, required: [], additionalProperties: false };
    const { body, losses } = encode({ tools: [{ name: 'now', input_schema }] }, { model: NOVA });
    expect(body['toolConfig']).toMatchObject({
      tools: [{ toolSpec: { inputSchema: { json: { type: 'object', properties: {}, required: [] } } } }],
    });
    expect(JSON.stringify(body)).not.toMatch(/additionalProperties|schema"/);
    expect(losses).toEqual(['approximated /tools/0/input_schema']);
  });

  test('a tool that Anthropic runs is left out', () => {
    const { body, losses } = encode({
      tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }],
      tool_choice: { type: 'tool', name: 'web_search' },
    });
    expect(body).not.toHaveProperty('toolConfig');
    expect(losses).toEqual(['dropped /tools/0', 'dropped /tool_choice']);
  });

  test.each([
    [{ type: 'auto' }, CLAUDE, undefined, []],
    [{ type: 'any' }, CLAUDE, { any: {} }, []],
    [{ type: 'tool', name: 'read' }, CLAUDE, { tool: { name: 'read' } }, []],
    [{ type: 'tool', name: 'absent' }, CLAUDE, undefined, ['dropped /tool_choice']],
    [{ type: 'any' }, NOVA, { any: {} }, []],
    [{ type: 'any' }, LLAMA, undefined, ['approximated /tool_choice']],
    [{ type: 'tool', name: 'read' }, 'mistral.mistral-large-2407-v1:0', undefined, ['approximated /tool_choice']],
    [
      { type: 'auto', disable_parallel_tool_use: true },
      CLAUDE,
      undefined,
      ['dropped /tool_choice/disable_parallel_tool_use'],
    ],
  ])('the choice %j for %s is sent as %j', (tool_choice, model, expected, expectedLosses) => {
    const { body, losses } = encode({ tools, tool_choice }, { model });
    expect((body['toolConfig'] as { toolChoice?: unknown }).toolChoice).toEqual(expected);
    expect(losses).toEqual(expectedLosses);
  });

  test('the choice none leaves the tools out, with a loss', () => {
    const { body, losses } = encode({ tools, tool_choice: { type: 'none' } });
    expect(body).not.toHaveProperty('toolConfig');
    expect(losses).toEqual(['approximated /tool_choice']);
  });
});

describe('cache points', () => {
  const request = {
    system: [{ type: 'text', text: 'S', ...cached }],
    tools: [{ ...tool, ...cached }],
    messages: [{ role: 'user', content: [{ type: 'text', text: 'q', ...cached }] }],
  };

  test('stand behind system, tools and messages for Claude', () => {
    const { body, losses } = encode(request);
    expect(body['system']).toEqual([{ text: 'S' }, cachePoint]);
    expect((body['toolConfig'] as { tools: unknown[] }).tools[1]).toEqual(cachePoint);
    expect(body.messages[0]?.content).toEqual([{ text: 'q' }, cachePoint]);
    expect(losses).toEqual([]);
  });

  test('are left out where a model does not take them', () => {
    expect(encode(request, { model: NOVA }).losses).toEqual(['dropped /tools/0/cache_control']);
    expect(encode(request, { model: LLAMA }).losses).toHaveLength(3);
    expect(JSON.stringify(encode(request, { model: LLAMA }).body)).not.toMatch(/cachePoint/);
  });

  test('of results stand once behind all of them', () => {
    const { body } = encode(afterCalls(['t1', 't2'], [result('t1', 'a', cached), result('t2', 'b', cached)]));
    expect(body.messages[2]?.content.map((block) => Object.keys(block)[0])).toEqual([
      'toolResult',
      'toolResult',
      'cachePoint',
    ]);
  });

  test('inside of a result have no place, and several of one turn are told to be one', () => {
    const inner = encode(afterCalls(['t1'], [result('t1', [{ type: 'text', text: 'a', ...cached }])]));
    expect(JSON.stringify(inner.body)).not.toMatch(/cachePoint/);
    expect(inner.losses).toEqual(['dropped /messages/2/content/0/content/0/cache_control']);
    const several = encode(afterCalls(['t1', 't2'], [result('t1', 'a', cached), result('t2', 'b', cached)]));
    expect(several.losses).toEqual(['approximated /messages/2']);
  });

  test('with an hour of life are approximated', () => {
    const system = [{ type: 'text', text: 'S', cache_control: { type: 'ephemeral', ttl: '1h' } }];
    expect(encode({ system }).losses).toEqual(['approximated /system/0/cache_control/ttl']);
  });
});

describe('inference parameters', () => {
  test('go into inferenceConfig, and what one family names itself into its own fields', () => {
    const request = { max_tokens: 100, temperature: 0, top_p: 0.5, top_k: 40, stop_sequences: ['END', ''] };
    const claude = encode(request);
    expect(claude.body).toMatchObject({
      inferenceConfig: { maxTokens: 100, temperature: 0, topP: 0.5, stopSequences: ['END'] },
      additionalModelRequestFields: { top_k: 40 },
      additionalModelResponseFieldPaths: ['/stop_sequence'],
    });
    expect(claude.losses).toEqual([]);
    expect(encode({ ...request, stream: true }).body['additionalModelResponseFieldPaths']).toEqual([
      '/delta/stop_sequence',
    ]);
    expect(encode(request, { model: NOVA }).body['additionalModelRequestFields']).toEqual({
      inferenceConfig: { topK: 40 },
    });
    expect(encode(request, { model: LLAMA }).losses).toEqual(['dropped /top_k']);
  });

  test('max_tokens is clamped to the model', () => {
    const { body, losses } = encode({ max_tokens: 64_000 }, { maxOutputTokens: 5_120 });
    expect(body['inferenceConfig']).toEqual({ maxTokens: 5_120 });
    expect(losses).toEqual(['clamped /max_tokens']);
  });

  test('fields without a counterpart are lost by name, and user ids are never forwarded', () => {
    const { body, losses } = encode({
      metadata: { user_id: '{"session_id":"s"}' },
      context_management: { edits: [] },
      service_tier: 'auto',
    });
    expect(JSON.stringify(body)).not.toMatch(/session_id/);
    expect(losses).toEqual(['dropped /metadata', 'dropped /context_management', 'dropped /service_tier']);
  });

  test('extras of Bedrock are sent, of others not', () => {
    const guardrailConfig = { guardrailIdentifier: 'g', guardrailVersion: '1' };
    const { body, losses } = encode({}, {}, { bedrock: { guardrailConfig }, openai: { seed: 1 } });
    expect(body['guardrailConfig']).toEqual(guardrailConfig);
    expect(losses).toEqual(['dropped /extras/openai/seed']);
  });

  test('an output format is sent as text of its schema, and not to Nova', () => {
    const schema = { type: 'object', properties: {}, additionalProperties: false };
    const request = { output_config: { format: { type: 'json_schema', schema } } };
    expect(encode(request).body['outputConfig']).toEqual({
      textFormat: {
        type: 'json_schema',
        structure: { jsonSchema: { name: 'output', schema: JSON.stringify(schema) } },
      },
    });
    expect(encode(request, { model: NOVA }).losses).toEqual(['dropped /output_config/format']);
  });
});

describe('thinking', () => {
  const enabled = { type: 'enabled', budget_tokens: 4_000 };
  const fields = (request: Record<string, unknown>, target: Partial<EncodeTargetInput> = {}) => {
    const { body, losses } = encode({ max_tokens: 8_000, ...request }, target);
    return { fields: body['additionalModelRequestFields'], losses };
  };

  test.each([
    [enabled, {}, { thinking: enabled }, []],
    [{ ...enabled, display: 'omitted' }, {}, { thinking: { ...enabled, display: 'omitted' } }, []],
    [{ type: 'disabled' }, {}, undefined, []],
    [{ type: 'adaptive' }, { supportsReasoningEffort: true }, { thinking: { type: 'adaptive' } }, []],
    [{ type: 'adaptive' }, {}, undefined, ['dropped /thinking']],
    [enabled, { model: LLAMA }, undefined, ['dropped /thinking']],
    [
      enabled,
      { model: 'us.amazon.nova-2-lite-v1:0', supportsReasoningEffort: true },
      { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } },
      ['approximated /thinking/budget_tokens'],
    ],
    [
      enabled,
      { model: 'openai.gpt-oss-120b-1:0', supportsReasoningEffort: true },
      { reasoning_effort: 'low' },
      ['approximated /thinking/budget_tokens'],
    ],
    [
      enabled,
      { maxOutputTokens: 3_000 },
      { thinking: { type: 'enabled', budget_tokens: 2_999 } },
      ['clamped /max_tokens', 'clamped /thinking/budget_tokens'],
    ],
    [enabled, { maxOutputTokens: 1_000 }, undefined, ['clamped /max_tokens', 'dropped /thinking']],
  ])('%j for %j is sent as %j', (thinking, target, expected, losses) => {
    expect(fields({ thinking }, target)).toEqual({ fields: expected, losses });
  });

  test.each([
    ['max', CLAUDE, true, { output_config: { effort: 'max' } }, []],
    ['max', 'openai.gpt-oss-20b-1:0', true, { reasoning_effort: 'high' }, ['approximated /output_config/effort']],
    ['high', CLAUDE, false, undefined, ['dropped /output_config/effort']],
    ['high', LLAMA, false, undefined, ['dropped /output_config/effort']],
  ])('effort %s for %s', (effort, model, supportsReasoningEffort, expected, losses) => {
    expect(fields({ output_config: { effort } }, { model, supportsReasoningEffort })).toEqual({
      fields: expected,
      losses,
    });
  });

  const signed = { type: 'thinking', thinking: 'hm', signature: 'c2ln' };
  const loop = (blocks: object[]) => ({
    tools,
    thinking: enabled,
    messages: [question, { role: 'assistant', content: blocks }, { role: 'user', content: [result('t1')] }],
  });

  test('signed reasoning goes back byte for byte, redacted reasoning too', () => {
    const redacted = { type: 'redacted_thinking', data: 'c2VjcmV0' };
    const { body, losses } = encode({ ...loop([signed, redacted, use('t1')]), max_tokens: 8_000 });
    expect(body.messages[1]?.content.slice(0, 2)).toEqual([
      { reasoningContent: { reasoningText: { text: 'hm', signature: 'c2ln' } } },
      { reasoningContent: { redactedContent: 'c2VjcmV0' } },
    ]);
    expect(body['additionalModelRequestFields']).toEqual({ thinking: enabled });
    expect(losses).toEqual([]);
  });

  test.each([[''], [undefined], ['bedrock:c2ln'], ['gemini-thought:c2ln']])(
    'reasoning signed %j is not Claude’s: it is dropped, and thinking with it inside a tool loop',
    (signature) => {
      const { body, losses } = encode({ ...loop([{ ...signed, signature }, use('t1')]), max_tokens: 8_000 });
      expect(JSON.stringify(body)).not.toMatch(/reasoningContent|thinking/);
      expect(losses).toEqual(['dropped /messages/1/content/0', 'dropped /thinking']);
    },
  );

  test('a model that wants its reasoning back, and says so, gets it with its own signature only', () => {
    const model = 'us.amazon.nova-2-lite-v1:0';
    const blocks = [{ ...signed, signature: 'bedrock:b3du' }, signed, use('t1')];
    const told = encode(loop(blocks), { model, quirks: ['replay-reasoning'] });
    expect(told.body.messages[1]?.content.slice(0, 2)).toEqual([
      { reasoningContent: { reasoningText: { text: 'hm', signature: 'b3du' } } },
      { reasoningContent: { reasoningText: { text: 'hm' } } },
    ]);
    expect(encode(loop(blocks), { model }).losses).toContain('dropped /messages/1/content/0');
  });
});

test('a default turn of Claude Code is taken, with every field that has no counterpart in the ledger', () => {
  const request = {
    model: 'claude-opus-4-8',
    max_tokens: 64_000,
    stream: true,
    thinking: { type: 'adaptive' },
    output_config: { effort: 'high' },
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    metadata: { user_id: '{"device_id":"d","session_id":"s"}' },
    system: [
      { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.197.3f2; cc_entrypoint=sdk-cli;' },
      { type: 'text', text: 'You are Claude Code.', ...cached },
      { type: 'text', text: 'The main prompt.', ...cached },
    ],
    tools: [
      {
        name: 'Read',
        description: 'Reads a file.',
        input_schema: {
          $schema: 'https://json-schema.org/draft/2020-12/schema',
          type: 'object',
          properties: { path: { type: 'string' }, limit: { type: 'integer', exclusiveMinimum: 0 } },
          required: ['path'],
          additionalProperties: false,
        },
      },
    ],
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'Read a.txt and b.txt.' }] },
      { role: 'system', content: 'Agents: one, two.' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: '', signature: '' },
          { type: 'tool_use', id: 'toolu_1', name: 'Read', input: { path: 'a.txt' } },
          { type: 'tool_use', id: 'toolu_2', name: 'Read', input: { path: 'b.txt' } },
        ],
      },
      {
        role: 'user',
        content: [
          { tool_use_id: 'toolu_2', type: 'tool_result', content: 'ENOENT', is_error: true },
          { type: 'tool_result', tool_use_id: 'toolu_1', content: [png], is_error: false, ...cached },
        ],
      },
    ],
  };
  const shared = ['dropped /system/0', 'approximated /messages/1', 'dropped /messages/2/content/0'];
  const unread = ['dropped /context_management', 'dropped /metadata'];
  const claude = encode(request, { supportsReasoningEffort: true });
  expect(claude.losses).toEqual([...shared, ...unread]);
  expect(claude.body['additionalModelRequestFields']).toEqual({
    thinking: { type: 'adaptive' },
    output_config: { effort: 'high' },
  });
  const nova = encode(request, { model: NOVA, maxOutputTokens: 10_000 });
  expect(nova.losses).toEqual([
    'clamped /max_tokens',
    ...shared,
    'approximated /tools/0/input_schema',
    'dropped /thinking',
    'dropped /output_config/effort',
    ...unread,
  ]);
});

const blockArbitrary = fc.oneof(
  fc.record({ type: fc.constant('text'), text: fc.constantFrom('', ' ', '\n', 'a', 'b c') }),
  fc.record({
    type: fc.constant('tool_use'),
    id: fc.constantFrom('a', 'b', 'c|d', 'x'.repeat(90)),
    name: fc.constantFrom('read', 'odd.name'),
    input: fc.constantFrom({}, { a: 1 }, 'text', null),
  }),
  fc.record({
    type: fc.constant('tool_result'),
    tool_use_id: fc.constantFrom('a', 'b', 'c|d', 'x'.repeat(90)),
    content: fc.constantFrom('', 'r', [], [png], [pdf('a  b?')], [{ type: 'text', text: ' ' }]),
    is_error: fc.boolean(),
    cache_control: fc.constantFrom(undefined, { type: 'ephemeral' }),
  }),
  fc.record({
    type: fc.constant('thinking'),
    thinking: fc.constantFrom('', 't'),
    signature: fc.constantFrom('', 'c2ln'),
  }),
  fc.constantFrom(png, pdf(), pdf('Report'), { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
  fc.constantFrom(
    { type: 'text', text: 'kept', ...cached },
    { type: 'text', text: ' ', ...cached },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: '' }, ...cached },
  ),
);
const messageArbitrary = fc.record({
  role: fc.constantFrom('user', 'assistant', 'system'),
  content: fc.oneof(fc.constantFrom('', ' ', 'text'), fc.array(blockArbitrary, { maxLength: 6 })),
});

test('whatever the conversation, Converse takes it', () => {
  fc.assert(
    fc.property(
      fc.array(messageArbitrary, { minLength: 1, maxLength: 7 }),
      fc.constantFrom(undefined, [], tools, [{ type: 'web_search_20250305', name: 'web_search' }]),
      fc.constantFrom(undefined, { type: 'none' }, { type: 'any' }),
      fc.constantFrom(CLAUDE, NOVA, LLAMA),
      (messages, someTools, tool_choice, model) => {
        const request = { messages, tools: someTools, tool_choice };
        const clean = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
        encode(clean, { model });
      },
    ),
    { numRuns: 500 },
  );
});
