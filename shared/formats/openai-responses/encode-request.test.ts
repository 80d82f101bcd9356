import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROPERTY } from '../../testing/property.ts';
import { refuseResponsesBody } from '../../testing/strict-responses.ts';
import type { Canonical, CanonicalBody } from '../canonical.ts';
import { createEncodeTarget, type EncodeTargetInput } from '../encode-target.ts';
import { encodeToolName } from '../tool-name.ts';
import { encodeRequest } from './encode-request.ts';
import { patchRequestBody } from './patch-request-body.ts';
import { encodeReasoningSignature } from './reasoning-signature.ts';

type Body = Record<string, unknown> & { input: Record<string, unknown>[] };

const question = { role: 'user' as const, content: 'question' };

/** Requests are written as clients write them, which is wider than the SDK's types. */
function encode(
  request: Record<string, unknown>,
  target: Partial<EncodeTargetInput> = {},
  extras: Canonical['extras'] = {},
) {
  const body = { model: 'claude-test', messages: [question], ...request } as unknown as CanonicalBody;
  const before = structuredClone(body);
  const encoded = encodeRequest({ body, extras }, createEncodeTarget({ model: 'gpt-test', ...target }));
  expect(body, 'the canonical request is never changed').toEqual(before);
  expect(refuseResponsesBody(encoded.body as Body)).toBeNull();
  expect(encoded.losses.every(({ format }) => format === 'openai-responses')).toBe(true);
  return { body: encoded.body as Body, losses: encoded.losses.map((loss) => `${loss.kind} ${loss.pointer}`), encoded };
}

const use = (id: string, name = 'read', input: unknown = { path: 'a' }) => ({ type: 'tool_use', id, name, input });
const result = (id: string, content: unknown = 'done', more: object = {}) => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  ...more,
});
const tool = { name: 'read', description: 'Reads.', input_schema: { type: 'object', properties: { path: {} } } };
const signed = (model: string) => ({
  type: 'thinking',
  thinking: 'hm',
  signature: encodeReasoningSignature({ model, id: 'rs_1', encryptedContent: 'gAAA==' }),
});

describe('the conversation for a Responses server', () => {
  test('has the system prompt as instructions, and later system messages in their place', () => {
    const { body, losses } = encode({
      system: [
        { type: 'text', text: 'x-anthropic-billing-header: cc;' },
        { type: 'text', text: 'One.' },
        { type: 'text', text: 'Two.', cache_control: { type: 'ephemeral' } },
      ],
      messages: [question, { role: 'system', content: 'Note.' }, { role: 'assistant', content: 'a' }, question],
    });
    expect(body['instructions']).toBe('One.\n\nTwo.');
    expect(body.input).toEqual([
      question,
      { role: 'developer', content: 'Note.' },
      { role: 'assistant', content: 'a' },
      question,
    ]);
    expect(losses).toEqual(['dropped /system/0', 'dropped /system/2/cache_control']);
  });

  test('pairs results by id whatever their order, and keeps the text that accompanies them', () => {
    const { body } = encode({
      messages: [
        question,
        { role: 'assistant', content: [{ type: 'text', text: 'Reading.' }, use('t1'), use('t2')] },
        { role: 'user', content: [result('t2', 'B'), result('t1', 'A'), { type: 'text', text: 'Go on.' }] },
      ],
    });
    const called = { type: 'function_call', name: 'read', arguments: '{"path":"a"}' };
    expect(body.input.slice(1)).toEqual([
      { role: 'assistant', content: 'Reading.' },
      { ...called, call_id: 't1' },
      { ...called, call_id: 't2' },
      { type: 'function_call_output', call_id: 't1', output: 'A' },
      { type: 'function_call_output', call_id: 't2', output: 'B' },
      { role: 'user', content: 'Go on.' },
    ]);
  });

  test('answers a call that nobody answered, and keeps a result whose call is gone', () => {
    const { body, losses } = encode({
      messages: [
        question,
        { role: 'assistant', content: [use('t1')] },
        { role: 'user', content: [result('lost', 'kept')] },
      ],
    });
    expect(body.input.slice(2)).toMatchObject([
      { type: 'function_call_output', call_id: 't1', output: expect.stringMatching(/interrupted/) },
      { role: 'user', content: expect.stringMatching(/kept/) },
    ]);
    expect(losses).toEqual(['repaired /messages/1/content/0', 'repaired /messages/2/content/0']);
  });

  test('gives images, files and failures inside results a place', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } };
    const { body, losses } = encode({
      messages: [
        question,
        { role: 'assistant', content: [use('t1'), use('t2')] },
        { role: 'user', content: [result('t1', [image]), result('t2', 'no', { is_error: true })] },
      ],
    });
    expect(body.input.slice(3)).toEqual([
      {
        type: 'function_call_output',
        call_id: 't1',
        output: [{ type: 'input_image', image_url: 'data:image/png;base64,aGk=', detail: 'auto' }],
      },
      { type: 'function_call_output', call_id: 't2', output: '[The tool call failed]\n\nno' },
    ]);
    expect(losses).toEqual(['approximated /messages/2/content/1/is_error']);
  });

  test('shortens names and ids that do not fit, the same way every time', () => {
    const name = `mcp__${'server'.repeat(12)}__tool`;
    const messages = [
      question,
      { role: 'assistant', content: [use('t'.repeat(80), name)] },
      { role: 'user', content: [result('t'.repeat(80))] },
    ];
    const { body } = encode({ messages, tools: [{ ...tool, name }], tool_choice: { type: 'tool', name } });
    expect(body.input[1]).toMatchObject({ name: encodeToolName(name) });
    expect(body.input[2]?.['call_id']).toBe(body.input[1]?.['call_id']);
    expect(body).toMatchObject({ tool_choice: { type: 'function', name: encodeToolName(name) } });
  });

  test('gives reasoning back to the model that wrote it, before what it led to', () => {
    const messages = [
      question,
      { role: 'assistant', content: [signed('gpt-test'), use('t1')] },
      { role: 'user', content: [result('t1')] },
    ];
    const { body, losses } = encode({ messages }, { supportsReasoningEffort: true });
    expect(body.input.slice(1, 3)).toMatchObject([
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 'hm' }],
        encrypted_content: 'gAAA==',
      },
      { type: 'function_call', call_id: 't1' },
    ]);
    expect(losses).toEqual([]);
  });

  test.each([
    ['another model', signed('gpt-other'), true],
    ['another vendor', { type: 'thinking', thinking: 'hm', signature: 'sig==' }, true],
    ['nobody', { type: 'thinking', thinking: 'hm', signature: '' }, true],
    ['a model that reasons, for one that does not', signed('gpt-test'), false],
  ])('drops reasoning of %s, with a loss', (_, thinking, supportsReasoningEffort) => {
    const messages = [question, { role: 'assistant', content: [thinking, { type: 'text', text: 'a' }] }, question];
    const { body, losses } = encode({ messages }, { supportsReasoningEffort });
    expect(body.input).toEqual([question, { role: 'assistant', content: 'a' }, question]);
    expect(losses).toEqual(['dropped /messages/1/content/0']);
  });
});

describe('the options for a Responses server', () => {
  test('nothing is stored, and encrypted reasoning is asked for of models that reason only', () => {
    expect(encode({}).body).toEqual({ model: 'gpt-test', input: [question], store: false });
    const { body } = encode({ output_config: { effort: 'low' }, stream: true }, { supportsReasoningEffort: true });
    expect(body).toMatchObject({
      include: ['reasoning.encrypted_content'],
      reasoning: { effort: 'low' },
      stream: true,
      store: false,
    });
  });

  test('functions are flat, and say that they are not strict unless they are and can be', () => {
    const closed = { type: 'object', properties: { a: {} }, required: ['a'], additionalProperties: false };
    const { body, losses } = encode({
      tools: [tool, { name: 'write', input_schema: closed, strict: true }, { ...tool, name: 'open', strict: true }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
    });
    expect(body).toMatchObject({
      tools: [
        { type: 'function', name: 'read', description: 'Reads.', parameters: tool.input_schema, strict: false },
        { type: 'function', name: 'write', strict: true },
        { type: 'function', name: 'open', strict: false },
      ],
      tool_choice: 'required',
      parallel_tool_calls: false,
    });
    expect(losses).toEqual(['dropped /tools/2/strict']);
  });

  test('tools that only Anthropic runs are a loss', () => {
    const { body, losses } = encode({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] });
    expect(body).not.toHaveProperty('tools');
    expect(losses).toEqual(['dropped /tools/0']);
  });

  test.each([
    [64_000, { maxOutputTokens: 1_000 }, 1_000, ['clamped /max_tokens']],
    [1, {}, 16, ['clamped /max_tokens']],
    [500, {}, 500, []],
  ])('a limit of %i is brought into what the server takes', (max_tokens, target, expected, losses) => {
    const encoded = encode({ max_tokens }, target);
    expect(encoded.body['max_output_tokens']).toBe(expected);
    expect(encoded.losses).toEqual(losses);
  });

  test('an output schema is the text format', () => {
    const schema = { type: 'object', properties: {}, additionalProperties: false };
    const { body } = encode({ output_config: { format: { type: 'json_schema', schema } } });
    expect(body['text']).toEqual({ format: { type: 'json_schema', name: 'output', schema, strict: true } });
  });

  test('what has no counterpart is a loss each', () => {
    const { body, losses } = encode({
      stop_sequences: ['END'],
      top_k: 5,
      metadata: { user_id: '{}' },
      context_management: { edits: [] },
      temperature: 0.5,
    });
    expect(body['temperature']).toBe(0.5);
    expect(losses).toEqual([
      'dropped /stop_sequences',
      'dropped /top_k',
      'dropped /metadata',
      'dropped /context_management',
    ]);
  });

  test('fields of the same family ride along where the API has them', () => {
    const { body, losses } = encode(
      {},
      { supportsReasoningEffort: true },
      {
        openai: {
          user: 'u1',
          verbosity: 'low',
          response_format: { type: 'json_object' },
          reasoning: { summary: 'auto' },
          seed: 7,
        },
        gemini: { safety: 1 },
      },
    );
    expect(body).toMatchObject({
      user: 'u1',
      text: { verbosity: 'low', format: { type: 'json_object' } },
      reasoning: { summary: 'auto' },
    });
    expect(losses).toEqual(['dropped /extras/openai/seed', 'dropped /extras/gemini/safety']);
  });
});

test('a conversation is never one that a strict server refuses', () => {
  const block = fc.oneof(
    fc.constant({ type: 'text', text: 'a' }),
    fc.constantFrom('t1', 't2', 't3', 'odd id!', 'x'.repeat(90)).map((id) => use(id)),
    fc.constant({ type: 'thinking', thinking: 'hm', signature: '' }),
    fc.constant(signed('gpt-test')),
  );
  const answerBlock = fc.oneof(
    fc.constant({ type: 'text', text: 'q' }),
    fc.constantFrom('t1', 't2', 't3', 'odd id!', 'x'.repeat(90)).map((id) => result(id)),
  );
  const turn = fc.oneof(
    fc.record({ role: fc.constant('assistant'), content: fc.array(block, { maxLength: 4 }) }),
    fc.record({ role: fc.constant('user'), content: fc.array(answerBlock, { maxLength: 4 }) }),
    fc.constant({ role: 'system', content: 'note' }),
  );
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 6 }), (turns) => {
      const { body, losses } = encode({ messages: [question, ...turns] }, { supportsReasoningEffort: true });
      const said = (role: string) => turns.filter((one) => one.role === role).flatMap(({ content }) => [...content]);
      const results = said('user').filter((one) => typeof one === 'object' && one.type === 'tool_result').length;
      const outputs = body.input.filter(({ type }) => type === 'function_call_output').length;
      const calls = said('assistant').filter((one) => typeof one === 'object' && one.type === 'tool_use').length;
      expect(outputs).toBe(calls);
      if (results !== calls) expect(losses.join()).toMatch(/repaired/);
    }),
    PROPERTY,
  );
});

test('a body that is forwarded gets model and prefix, and is the very same object when nothing changes', () => {
  const body = { model: 'a', input: 'hi', instructions: 'Be brief.' };
  expect(patchRequestBody(body, { model: 'a' })).toBe(body);
  expect(patchRequestBody(body, { model: 'b', prefix: 'P' })).toEqual({
    model: 'b',
    input: 'hi',
    instructions: 'P\n\nBe brief.',
  });
});
