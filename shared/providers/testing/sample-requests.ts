import type { Canonical, CanonicalBody } from '../../formats/canonical.ts';

const png = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } };
const cached = { cache_control: { type: 'ephemeral' } };
const schema = {
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
  additionalProperties: false,
};
const tool = {
  name: 'read',
  description: 'Reads a file.',
  input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};
const question = { role: 'user', content: 'What is in the file?' };

/** A coding agent's second turn, with everything that a server may stumble over. */
const agentTurn = {
  max_tokens: 1_000_000,
  stream: true,
  temperature: 1,
  top_p: 1,
  stop_sequences: ['one', 'two', 'three', 'four', 'five', 'six'],
  system: [
    { type: 'text', text: 'You are an agent.' },
    { type: 'text', text: 'Be short.', ...cached },
  ],
  tools: [tool, { ...tool, name: 'write', ...cached }],
  tool_choice: { type: 'auto', disable_parallel_tool_use: true },
  messages: [
    { role: 'user', content: [{ type: 'text', text: 'Look.', ...cached }, png] },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'I should read it.', signature: 'sig' },
        { type: 'text', text: 'Reading.' },
        { type: 'tool_use', id: `toolu_${'a'.repeat(50)}`, name: 'read', input: { path: 'a' } },
        { type: 'tool_use', id: 'toolu_b', name: 'read', input: { path: 'b' } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_b', content: [{ type: 'text', text: 'no' }, png], is_error: true },
        { type: 'tool_result', tool_use_id: `toolu_${'a'.repeat(50)}`, content: 'yes', ...cached },
        { type: 'text', text: 'And now?' },
      ],
    },
    { role: 'system', content: 'The clock says noon.' },
    { role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }] },
  ],
};

const BODIES: Readonly<Record<string, object>> = {
  'an agent turn': agentTurn,
  'adaptive thinking with an effort': {
    ...agentTurn,
    thinking: { type: 'adaptive' },
    output_config: { effort: 'max' },
  },
  'a thinking budget': { messages: [question], thinking: { type: 'enabled', budget_tokens: 9_000 } },
  'no thinking': { messages: [question], thinking: { type: 'disabled' }, output_config: { effort: 'high' } },
  'a forced call': { messages: [question], tools: [tool], tool_choice: { type: 'any' } },
  'a forced call while thinking': {
    messages: [question],
    tools: [tool],
    tool_choice: { type: 'tool', name: 'read' },
    thinking: { type: 'adaptive' },
  },
  'no call': { messages: [question], tools: [tool], tool_choice: { type: 'none' } },
  'an answer by schema': { messages: [question], output_config: { format: { type: 'json_schema', schema } } },
  'an answer by schema beside tools': {
    messages: [question],
    tools: [tool],
    output_config: { format: { type: 'json_schema', schema } },
  },
  'a turn to be continued': { messages: [question, { role: 'assistant', content: 'The file says' }] },
};

/** What an OpenAI client may say beside, none of which every server takes. */
const extras: Canonical['extras'] = {
  openai: {
    seed: 7,
    user: 'someone',
    logit_bias: { '50256': -100 },
    presence_penalty: 1,
    frequency_penalty: 1,
    store: true,
    metadata: { a: 'b' },
    verbosity: 'low',
    n: 2,
  },
};

/** Requests as clients write them, by what they ask for; wider than the SDK's types. */
export const SAMPLE_REQUESTS: readonly (readonly [string, Canonical])[] = Object.entries(BODIES).map(([name, body]) => [
  name,
  { body: { model: 'claude-test', max_tokens: 4_096, ...body } as unknown as CanonicalBody, extras },
]);
