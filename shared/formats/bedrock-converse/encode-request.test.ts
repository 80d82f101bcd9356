import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  afterCalls,
  CLAUDE,
  cached,
  cachePoint,
  encode,
  LLAMA,
  NOVA,
  pdf,
  png,
  question,
  result,
  tool,
  tools,
  use,
} from '../../testing/converse-request-script.ts';
import { PROPERTY } from '../../testing/property.ts';
import type { EncodeTargetInput } from '../encode-target.ts';

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
    PROPERTY,
  );
});
