import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeRequest as encodeForAnthropic } from '../anthropic-messages/encode-request.ts';
import { createEncodeTarget } from '../encode-target.ts';
import { decodeRequest } from './decode-request.ts';
import { encodeRequest } from './encode-request.ts';
import { serverStateOf } from './server-state.ts';

function decode(request: Record<string, unknown>) {
  const decoded = decodeRequest({ model: 'gpt-test', input: 'question', ...request });
  if (decoded.type === 'rejected') throw new Error(decoded.error.message);
  const { canonical } = decoded;
  return { ...canonical, canonical, losses: decoded.losses.map((loss) => `${loss.kind} ${loss.pointer}`) };
}

const question = { role: 'user', content: 'question' };
const call = (call_id: string, text = '{"path":"a"}') => ({
  type: 'function_call',
  call_id,
  name: 'read',
  arguments: text,
});
const output = (call_id: string, text: unknown = 'done') => ({ type: 'function_call_output', call_id, output: text });
const tool = { type: 'function', name: 'read', description: 'Reads.', parameters: { type: 'object' }, strict: true };

describe('the input of a Responses request', () => {
  test('may be a string', () => {
    expect(decode({}).body.messages).toEqual([question]);
  });

  test('has instructions and leading developer messages as the system prompt, later ones in their place', () => {
    const { body } = decode({
      instructions: 'One.',
      input: [{ role: 'developer', content: 'Two.' }, question, { role: 'system', content: 'Three.' }],
    });
    expect(body.system).toEqual([
      { type: 'text', text: 'One.' },
      { type: 'text', text: 'Two.' },
    ]);
    expect(body.messages).toEqual([question, { role: 'system', content: 'Three.' }]);
  });

  test('joins the items of one turn, and pairs results by id', () => {
    const { body, losses } = decode({
      input: [
        question,
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'sig==' },
        {
          type: 'message',
          role: 'assistant',
          id: 'msg_1',
          status: 'completed',
          content: [{ type: 'output_text', text: 'Reading.', annotations: [] }],
        },
        call('a'),
        call('b'),
        output('b', 'B'),
        output('a', [{ type: 'input_text', text: 'A' }]),
        question,
      ],
    });
    expect(body.messages).toEqual([
      question,
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'sig==' },
          { type: 'text', text: 'Reading.' },
          { type: 'tool_use', id: 'a', name: 'read', input: { path: 'a' } },
          { type: 'tool_use', id: 'b', name: 'read', input: { path: 'a' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'b', content: 'B' },
          { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'A' }] },
        ],
      },
      question,
    ]);
    expect(losses).toEqual([]);
  });

  test('keeps images and files, inside results too', () => {
    const image = { type: 'input_image', image_url: 'data:image/png;base64,aGk=' };
    const file = { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGk=' };
    const { body, losses } = decode({ input: [{ role: 'user', content: [file] }, call('a'), output('a', [image])] });
    expect(body.messages).toMatchObject([
      { content: [{ type: 'document', title: 'a.pdf', source: { data: 'aGk=' } }] },
      {},
      { content: [{ content: [{ type: 'image', source: { media_type: 'image/png' } }] }] },
    ]);
    expect(losses).toEqual([]);
  });

  test('loses items of hosted tools and of a store, and says so', () => {
    const { body, losses } = decode({
      input: [question, { type: 'web_search_call', id: 'ws' }, { type: 'item_reference', id: 'x' }],
    });
    expect(body.messages).toEqual([question]);
    expect(losses).toEqual(['dropped /input/1', 'dropped /input/2']);
  });
});

describe('the options of a Responses request', () => {
  test('have their canonical places', () => {
    const schema = { type: 'object', properties: {} };
    const { body, extras, losses } = decode({
      tools: [tool],
      tool_choice: { type: 'function', name: 'read' },
      parallel_tool_calls: false,
      max_output_tokens: 50,
      temperature: 0.5,
      top_p: 0.9,
      stream: true,
      reasoning: { effort: 'high' },
      text: { format: { type: 'json_schema', name: 'out', schema, strict: true } },
      include: ['reasoning.encrypted_content'],
      store: false,
    });
    expect(body).toMatchObject({
      tools: [{ name: 'read', description: 'Reads.', input_schema: { type: 'object' }, strict: true }],
      tool_choice: { type: 'tool', name: 'read', disable_parallel_tool_use: true },
      max_tokens: 50,
      temperature: 0.5,
      top_p: 0.9,
      stream: true,
      output_config: { effort: 'high', format: { type: 'json_schema', schema } },
    });
    expect(extras).toEqual({});
    expect(losses).toEqual([]);
  });

  test('of the family go into the extras, and from there to its own upstreams only', () => {
    const { canonical } = decode({
      max_output_tokens: 50,
      text: { verbosity: 'low', format: { type: 'json_object' } },
      reasoning: { summary: 'auto' },
      user: 'u1',
    });
    const target = { model: 'gpt-other', supportsReasoningEffort: true };
    const own = encodeRequest(canonical, createEncodeTarget(target));
    expect(own.losses).toEqual([]);
    expect(own.body).toMatchObject({
      text: { verbosity: 'low', format: { type: 'json_object' } },
      reasoning: { summary: 'auto' },
      user: 'u1',
    });
    const other = encodeForAnthropic(canonical, createEncodeTarget({ model: 'claude-other' }));
    expect(other.losses).toMatchObject([{ kind: 'dropped', count: 4 }]);
  });

  test('that name a session are in the extras, and a loss for an upstream that is not told', () => {
    for (const named of [{ previous_response_id: 'resp_1' }, { conversation: 'conv_1' }]) {
      const { canonical } = decode(named);
      expect(canonical.extras).toEqual({ openai: named });
      expect(encodeRequest(canonical, createEncodeTarget({ model: 'gpt-other' })).losses).toMatchObject([
        { kind: 'dropped', pointer: `/extras/openai/${Object.keys(named)[0]}` },
      ]);
    }
  });

  test('web search is what others search with, too; what only OpenAI runs is taken out with a word to the model', () => {
    const search = { type: 'web_search', filters: { allowed_domains: ['a.example'] }, search_context_size: 'low' };
    const { body, losses, canonical } = decode({
      tools: [search, tool, { type: 'file_search', vector_store_ids: ['vs_1'] }],
      tool_choice: { type: 'file_search' },
    });
    expect(body.tools?.[0]).toEqual({
      type: 'web_search_20250305',
      name: 'web_search',
      allowed_domains: ['a.example'],
    });
    expect(losses).toEqual(['dropped /tools/0/search_context_size']);
    const target = createEncodeTarget({ model: 'gpt-other' });
    const anthropic = encodeForAnthropic(canonical, target);
    expect(anthropic.body).toMatchObject({ tools: [{ name: 'web_search' }, { name: 'read' }] });
    expect(anthropic.body).not.toHaveProperty('tool_choice');
    expect(JSON.stringify(anthropic.body)).toContain('Not available here: file_search.');
    const other = encodeRequest(canonical, target);
    expect(other.body).toMatchObject({ tools: [{ name: 'read' }] });
    expect(JSON.stringify(other.body)).toContain('Not available here: web_search, file_search.');
    expect(other.losses.map(({ pointer }) => pointer)).toEqual(expect.arrayContaining(['/tools/0', '/tools/2']));
  });

  test('tools of free text, their calls and their results are those of functions', () => {
    const { body, losses, canonical } = decode({
      tools: [{ type: 'custom', name: 'patch', format: { type: 'text' } }],
      tool_choice: { type: 'custom', name: 'patch' },
      input: [
        question,
        { type: 'custom_tool_call', call_id: 'c1', name: 'patch', input: '*** Begin' },
        { type: 'custom_tool_call_output', call_id: 'c1', output: 'done' },
      ],
    });
    expect(body).toMatchObject({
      tools: [{ name: 'patch', input_schema: { required: ['input'] } }],
      tool_choice: { type: 'tool', name: 'patch' },
      messages: [
        question,
        { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'patch', input: { input: '*** Begin' } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'done' }] },
      ],
    });
    expect(losses).toEqual([]);
    expect(canonical.clientOptions).toMatchObject({ customTools: ['patch'] });
  });

  test.each<[Record<string, unknown>, readonly string[]]>([
    [{ previous_response_id: 'resp_1' }, ['previous_response_id']],
    [{ conversation: { id: 'conv_1' } }, ['conversation']],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }, question] }, ['item_reference']],
  ])('%j refers to what only the server has that answered before', (request, fields) => {
    expect(serverStateOf(decode(request).canonical)).toEqual(fields);
    expect(serverStateOf(decode({ previous_response_id: null }).canonical)).toEqual([]);
  });
});

test.each<[unknown, RegExp]>([
  ['text', /JSON object/],
  [{ input: 'x' }, /'model'/],
  [{ model: 'm' }, /'input'/],
  [{ model: 'm', input: [] }, /'input'/],
  [{ model: 'm', input: [5] }, /input\[0\]/],
  [{ model: 'm', input: [{ role: 'robot', content: 'x' }] }, /input\[0\]\.role/],
  [{ model: 'm', input: [{ role: 'user' }] }, /input\[0\]\.content/],
  [{ model: 'm', input: [{ type: 'function_call', call_id: 'a' }] }, /input\[0\]\.name/],
  [{ model: 'm', input: [{ type: 'function_call_output', call_id: 'a' }] }, /input\[0\]\.output/],
  [{ model: 'm', input: 'x', instructions: [] }, /'instructions'/],
  [{ model: 'm', input: 'x', background: true }, /'background'/],
  [{ model: 'm', input: 'x', prompt: { id: 'p' } }, /'prompt'/],
  [{ model: 'm', input: 'x', tools: [{ type: 'function' }] }, /tools\[0\]\.name/],
  [{ model: 'm', input: 'x', max_output_tokens: -1 }, /'max_output_tokens'/],
])('the request %j is refused with the place of its fault', (body, wording) => {
  const decoded = decodeRequest(body);
  expect(decoded).toMatchObject({ type: 'rejected', error: { type: 'invalid_request_error', status: 400 } });
  expect(decoded.type === 'rejected' && decoded.error.message).toMatch(wording);
});

test('a conversation read from a client is written for an upstream of the same format as it was', () => {
  const said = fc.string({ minLength: 1 }).filter((value) => value.trim() !== '' && !value.startsWith('x-anthropic'));
  const turn = fc.record({
    asked: said,
    answered: said,
    inputs: fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 4 }), said, (turns, instructions) => {
      const input: object[] = [];
      for (const [at, { asked, answered, inputs }] of turns.entries()) {
        const calls = inputs.map((given, index) => call(`call_${at}_${index}`, JSON.stringify(given)));
        input.push({ role: 'user', content: asked }, { role: 'assistant', content: answered }, ...calls);
        input.push(...calls.map(({ call_id }) => output(call_id)));
      }
      input.push(question);
      const { canonical, losses } = decode({ input, instructions });
      const encoded = encodeRequest(canonical, createEncodeTarget({ model: 'gpt-test' }));
      expect([...losses, ...encoded.losses]).toEqual([]);
      expect(encoded.body).toEqual({ model: 'gpt-test', instructions, input, store: false });
    }),
  );
});
