import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeRequest as encodeForAnthropic } from '../anthropic-messages/encode-request.ts';
import { createEncodeTarget } from '../encode-target.ts';
import { decodeRequest } from './decode-request.ts';
import { encodeRequest } from './encode-request.ts';
import { patchRequestBody } from './patch-request-body.ts';

const question = { role: 'user', content: 'question' };

function decode(request: Record<string, unknown>) {
  const decoded = decodeRequest({ model: 'gpt-test', messages: [question], ...request });
  if (decoded.type === 'rejected') throw new Error(decoded.error.message);
  const { canonical } = decoded;
  return { ...canonical, canonical, losses: decoded.losses.map((loss) => `${loss.kind} ${loss.pointer}`) };
}

const call = (id: string, name = 'read', args = '{"path":"a"}') => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
const tool = { type: 'function', function: { name: 'read', description: 'Reads.', parameters: { type: 'object' } } };

describe('the messages of a Chat Completions request', () => {
  test('leading system and developer messages are the system prompt, later ones keep their place', () => {
    const { body, losses } = decode({
      messages: [
        { role: 'system', content: 'One.' },
        { role: 'developer', content: [{ type: 'text', text: 'Two.' }] },
        question,
        { role: 'system', content: 'Three.' },
      ],
    });
    expect(body.system).toEqual([
      { type: 'text', text: 'One.' },
      { type: 'text', text: 'Two.' },
    ]);
    expect(body.messages).toEqual([question, { role: 'system', content: 'Three.' }]);
    expect(losses).toEqual([]);
  });

  test('calls and their results are paired by id, and results that follow one another share a message', () => {
    const { body } = decode({
      messages: [
        question,
        { role: 'assistant', content: 'Reading.', reasoning_content: 'hm', tool_calls: [call('a'), call('b')] },
        { role: 'tool', tool_call_id: 'b', content: 'B' },
        { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'A' }] },
        question,
      ],
    });
    expect(body.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: '' },
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
  });

  test('the old function_call and its answer are paired', () => {
    const { body } = decode({
      messages: [
        question,
        { role: 'assistant', content: null, function_call: { name: 'read', arguments: '{}' } },
        { role: 'function', name: 'read', content: 'done' },
      ],
      functions: [tool.function],
      function_call: { name: 'read' },
    });
    expect(body.messages[1]).toMatchObject({ content: [{ id: 'call_function_1', name: 'read', input: {} }] });
    expect(body.messages[2]).toMatchObject({ content: [{ tool_use_id: 'call_function_1', content: 'done' }] });
    expect(body).toMatchObject({ tools: [{ name: 'read' }], tool_choice: { type: 'tool', name: 'read' } });
  });

  test('arguments that do not parse are kept as the text they are, and go on as that text', () => {
    const { canonical } = decode({
      messages: [
        question,
        { role: 'assistant', tool_calls: [call('a', 'read', '{"path":')] },
        { role: 'tool', tool_call_id: 'a', content: 'x' },
      ],
    });
    expect(canonical.body.messages[1]).toMatchObject({
      content: [{ input: { __unparsedToolInput: { raw: '{"path":', len: 8 } } }],
    });
  });

  test.each([
    [
      { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
      [],
    ],
    [
      { type: 'image_url', image_url: { url: 'https://x.example/a.png', detail: 'high' } },
      { type: 'image', source: { type: 'url', url: 'https://x.example/a.png' } },
      ['dropped /messages/0/content/0/detail'],
    ],
    [
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGk=' } },
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'aGk=' },
        title: 'a.pdf',
      },
      [],
    ],
    [
      { type: 'file', file: { filename: 'a.txt', file_data: 'data:text/plain;base64,R3LDvMOfZQ==' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Grüße' }, title: 'a.txt' },
      [],
    ],
    [
      { type: 'file', file: { file_id: 'file-1' } },
      { type: 'text', text: expect.stringMatching(/omitted/) },
      ['dropped /messages/0/content/0'],
    ],
    [
      { type: 'input_audio', input_audio: { data: 'x', format: 'wav' } },
      { type: 'text', text: expect.stringMatching(/omitted/) },
      ['dropped /messages/0/content/0'],
    ],
  ])('the part %j keeps its meaning or says that it is missing', (part, block, expectedLosses) => {
    const { body, losses } = decode({ messages: [{ role: 'user', content: [part] }] });
    expect(body.messages).toEqual([{ role: 'user', content: [block] }]);
    expect(losses).toEqual(expectedLosses);
  });

  test('a request of instructions alone has somebody to answer', () => {
    const { body, losses } = decode({ messages: [{ role: 'system', content: 'Say hi.' }] });
    expect(body).toMatchObject({ messages: [{ role: 'user', content: 'Say hi.' }] });
    expect(body.system).toBeUndefined();
    expect(losses).toEqual(['approximated /messages']);
  });
});

describe('the options of a Chat Completions request', () => {
  test.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    [
      { type: 'function', function: { name: 'read' } },
      { type: 'tool', name: 'read' },
    ],
  ])('the tool choice %j is known', (choice, expected) => {
    expect(decode({ tools: [tool], tool_choice: choice }).body.tool_choice).toEqual(expected);
  });

  test('parallel_tool_calls: false is said in the tool choice, also without one', () => {
    const off = { disable_parallel_tool_use: true };
    expect(decode({ tools: [tool], parallel_tool_calls: false }).body.tool_choice).toEqual({ type: 'auto', ...off });
    const forced = decode({ tools: [tool], parallel_tool_calls: false, tool_choice: 'required' });
    expect(forced.body.tool_choice).toEqual({ type: 'any', ...off });
    expect(decode({ parallel_tool_calls: false }).body.tool_choice).toBeUndefined();
  });

  test('functions keep name, description, schema and strictness; tools of unknown kinds are a loss', () => {
    const { body, losses } = decode({
      tools: [
        { type: 'function', function: { name: 'a', strict: true } },
        { type: 'other', other: { name: 'b' } },
      ],
    });
    expect(body.tools).toEqual([{ name: 'a', input_schema: { type: 'object', properties: {} }, strict: true }]);
    expect(losses).toEqual(['dropped /tools/1']);
  });

  test('a tool of free text is a function of one text, and its grammar is told to the model', () => {
    const format = { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: WORD' } };
    const { body, losses, canonical } = decode({
      tools: [{ type: 'custom', custom: { name: 'patch', description: 'Patches.', format } }],
      tool_choice: { type: 'custom', custom: { name: 'patch' } },
    });
    expect(body).toMatchObject({
      tools: [{ name: 'patch', input_schema: { properties: { input: { type: 'string' } }, required: ['input'] } }],
      tool_choice: { type: 'tool', name: 'patch' },
    });
    expect(body.tools?.[0]).toMatchObject({
      description: expect.stringMatching(/^Patches\.\n\n.*lark.*start: WORD$/s),
    });
    expect(losses).toEqual(['approximated /tools/0/format']);
    expect(canonical.clientOptions).toMatchObject({ customTools: ['patch'] });
  });

  test('limits, sampling, stops, effort and output schema have their canonical places', () => {
    const schema = { type: 'object', properties: {} };
    const { body, extras, losses } = decode({
      max_tokens: 5,
      max_completion_tokens: 7,
      temperature: 0.5,
      top_p: 0.9,
      stop: 'END',
      reasoning_effort: 'high',
      stream: true,
      response_format: { type: 'json_schema', json_schema: { name: 'out', schema, strict: true } },
    });
    expect(body).toMatchObject({
      max_tokens: 7,
      temperature: 0.5,
      top_p: 0.9,
      stop_sequences: ['END'],
      stream: true,
      output_config: { effort: 'high', format: { type: 'json_schema', schema } },
    });
    expect(extras).toEqual({});
    expect(losses).toEqual([]);
  });

  test('an effort that is on another scale is approximated, and none turns thinking off', () => {
    expect(decode({ reasoning_effort: 'minimal' })).toMatchObject({
      body: { output_config: { effort: 'low' } },
      losses: ['approximated /reasoning_effort'],
    });
    expect(decode({ reasoning_effort: 'none' }).body).toMatchObject({ thinking: { type: 'disabled' } });
  });

  test('what only this family has goes into the extras, and from there to its own upstreams only', () => {
    const own = { seed: 7, presence_penalty: 0.5, user: 'u1', response_format: { type: 'json_object' } };
    const { canonical } = decode({ ...own, max_tokens: 5, logprobs: true, n: 2, brand_new: 1 });
    expect(canonical.extras).toEqual({ openai: { ...own, logprobs: true, n: 2, brand_new: 1 } });
    const chat = encodeRequest(canonical, createEncodeTarget({ model: 'gpt-other' }));
    expect(chat.body).toMatchObject(own);
    expect(chat.losses.map(({ pointer, count }) => [pointer, count])).toEqual([
      ['/extras/openai/logprobs', 2],
      ['/extras/openai/brand_new', undefined],
    ]);
    const anthropic = encodeForAnthropic(canonical, createEncodeTarget({ model: 'claude-other' }));
    expect(anthropic.body).not.toHaveProperty('seed');
    expect(anthropic.losses.reduce((sum, { count }) => sum + (count ?? 1), 0)).toBe(7);
  });

  test('values that say what is so anyway are no loss', () => {
    const { extras } = decode({ n: 1, logprobs: false, store: false, response_format: { type: 'text' }, seed: null });
    expect(extras).toEqual({});
  });

  test('the wish for usage in the stream is kept for the answer, and is no loss for any upstream', () => {
    const { canonical } = decode({ max_tokens: 5, stream: true, stream_options: { include_usage: true } });
    expect(canonical.clientOptions).toEqual({ includeUsage: true });
    expect(encodeForAnthropic(canonical, createEncodeTarget({ model: 'claude-other' })).losses).toEqual([]);
  });
});

test.each<[unknown, RegExp]>([
  ['text', /JSON object/],
  [{ messages: [question] }, /model/],
  [{ model: 'm' }, /'messages'/],
  [{ model: 'm', messages: [] }, /'messages'/],
  [{ model: 'm', messages: [{ role: 'robot' }] }, /messages\[0\]\.role/],
  [{ model: 'm', messages: [{ role: 'user' }] }, /messages\[0\]\.content/],
  [{ model: 'm', messages: [{ role: 'user', content: [5] }] }, /content\[0\]/],
  [{ model: 'm', messages: [question, { role: 'tool', content: 'x' }] }, /messages\[1\]\.tool_call_id/],
  [{ model: 'm', messages: [{ role: 'assistant', tool_calls: [{}] }] }, /tool_calls\[0\]\.id/],
  [{ model: 'm', messages: [question], tools: [{ type: 'function', function: {} }] }, /tools\[0\]\.name/],
  [{ model: 'm', messages: [question], tools: {} }, /'tools'/],
  [{ model: 'm', messages: [question], stop: [1] }, /'stop'/],
  [{ model: 'm', messages: [question], max_tokens: 0 }, /'max_tokens'/],
  [{ model: 'm', messages: [question], stream: 'yes' }, /'stream'/],
])('the request %j is refused with the place of its fault', (body, wording) => {
  const decoded = decodeRequest(body);
  expect(decoded).toMatchObject({ type: 'rejected', error: { type: 'invalid_request_error', status: 400 } });
  expect(decoded.type === 'rejected' && decoded.error.message).toMatch(wording);
});

test('a conversation read from a client is written for an upstream of the same format as it was', () => {
  const text = fc.string({ minLength: 1 }).filter((value) => value.trim() !== '' && !value.startsWith('x-anthropic'));
  const turn = fc.record({
    asked: text,
    answered: text,
    inputs: fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 4 }), text, (turns, system) => {
      const messages: object[] = [{ role: 'system', content: system }];
      for (const [at, { asked, answered, inputs }] of turns.entries()) {
        const calls = inputs.map((input, index) => call(`call_${at}_${index}`, 'read', JSON.stringify(input)));
        messages.push({ role: 'user', content: asked });
        messages.push({ role: 'assistant', content: answered, ...(calls.length === 0 ? {} : { tool_calls: calls }) });
        messages.push(...calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: `result of ${id}` })));
      }
      messages.push(question);
      const { canonical, losses } = decode({ messages });
      const encoded = encodeRequest(canonical, createEncodeTarget({ model: 'gpt-test' }));
      expect([...losses, ...encoded.losses]).toEqual([]);
      expect(encoded.body).toEqual({ model: 'gpt-test', messages });
    }),
  );
});

test('a body that is forwarded gets model and prefix, and is the very same object when nothing changes', () => {
  const body = { model: 'a', messages: [question], seed: 1 };
  expect(patchRequestBody(body, { model: 'a' })).toBe(body);
  expect(patchRequestBody(body, { model: 'b', prefix: 'P' })).toEqual({
    model: 'b',
    messages: [{ role: 'system', content: 'P' }, question],
    seed: 1,
  });
});
