import fc from 'fast-check';
import { countTokens as countTextTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import type { CanonicalBody } from './canonical.ts';
import { countAnswerTokens, countMessageTokens, countTokens } from './count-tokens.ts';
import { EXACT_CHARACTERS_MAX } from './tokens/text-tokens.ts';

const question: CanonicalBody['messages'][number] = { role: 'user', content: 'question' };
const count = (more: Record<string, unknown> = {}) =>
  countTokens({ messages: [question], ...more } as unknown as CanonicalBody);
const withBlock = (role: string, block: object) => count({ messages: [question, { role, content: [block] }] });
/** Prose with names, numbers and code in it, so that no two lines tokenize alike. */
const prose = (lines: number) =>
  Array.from(
    { length: lines },
    (_, line) => `Line ${line}: the parser returned ${line * 37} items, e.g. item_${line}["k"]; größer.`,
  ).join('\n');

test('a count needs neither system nor tools', () => {
  expect(count({ tools: [] })).toBe(count());
  expect(count()).toBeGreaterThan(0);
  expect(count()).toBeLessThan(20);
});

test.each([
  ['a system string', () => count({ system: prose(10) })],
  ['system blocks', () => count({ system: [{ type: 'text', text: prose(10) }] })],
  ['a tool', () => count({ tools: [{ name: 'read', description: prose(10), input_schema: { type: 'object' } }] })],
  ['a tool schema', () => count({ tools: [{ name: 'read', input_schema: { description: prose(10) } }] })],
  ['a server tool', () => count({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] })],
  ['text', () => withBlock('user', { type: 'text', text: prose(10) })],
  ['thinking', () => withBlock('assistant', { type: 'thinking', thinking: prose(10), signature: '' })],
  ['a call', () => withBlock('assistant', { type: 'tool_use', id: 't', name: 'read', input: { path: prose(10) } })],
  ['a result', () => withBlock('user', { type: 'tool_result', tool_use_id: 't', content: prose(10) })],
  [
    'a result of blocks',
    () => withBlock('user', { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: prose(10) }] }),
  ],
  ['an image', () => withBlock('user', { type: 'image', source: { type: 'base64', data: 'aGk=' } })],
  ['a PDF', () => withBlock('user', { type: 'document', source: { type: 'base64', data: 'aGk=' } })],
  ['a text document', () => withBlock('user', { type: 'document', source: { type: 'text', data: prose(10) } })],
  ['a block of an unknown kind', () => withBlock('user', { type: 'hologram', data: prose(10) })],
])('%s is counted', (_, counted) => {
  expect(counted() - count()).toBeGreaterThan(200);
});

test('an image costs by its pixels, not by its base64', () => {
  const block = { type: 'image', source: { type: 'base64', data: 'A'.repeat(400_000) } };
  expect(withBlock('user', block)).toBeLessThan(2_000);
});

test('of a model that nothing is known of the count is above the tokenizer, exact or sampled', () => {
  for (const lines of [100, 20_000]) {
    const text = prose(lines);
    const exact = countTextTokens(text);
    const counted = count({ messages: [{ role: 'user', content: text }] });
    expect(counted / exact, `${lines} lines, ${text.length} characters`).toBeGreaterThan(1.1);
    expect(counted / exact).toBeLessThan(1.25);
  }
  expect(prose(20_000).length).toBeGreaterThan(EXACT_CHARACTERS_MAX);
});

test("of a model of OpenAI the count of prose is the tokenizer's, however the text is cut for it", () => {
  const text = prose(700);
  const body = { messages: [{ role: 'user', content: text }] } as unknown as CanonicalBody;
  expect(Math.abs(countTokens(body, 'openai/gpt-4.1') - countTextTokens(text) - 7)).toBeLessThanOrEqual(2);
});

test('no family counts less than its vendor was seen to', () => {
  const text = 'The parser returned 37 items for the request, and none of them was what the caller had asked for.';
  const answer = [{ type: 'text', text }];
  const base = countAnswerTokens(answer, 'gpt-4o');
  // Ratios of recorded replies: usage of the vendor over tokens of o200k.
  for (const [model, seen] of [
    ['claude-sonnet-4-5-20250929', 1.28],
    ['us.anthropic.claude-sonnet-4-20250514-v1:0', 1.28],
    ['gemini-2.5-pro', 1.07],
    ['qwen3-coder-30b', 1.03],
    ['deepseek-chat', 1.01],
    ['mistral-small-latest', 1.03],
    ['a-model-nobody-knows', 1.1],
  ] as const) {
    expect(countAnswerTokens(answer, model) / base, model).toBeGreaterThanOrEqual(seen);
  }
});

test('a tool is what OpenAI publishes for its example of counting tools', () => {
  const tool = {
    name: 'get_current_weather',
    description: 'Get the current weather in a given location',
    input_schema: {
      type: 'object',
      properties: {
        location: { type: 'string', description: 'The city and state, e.g. San Francisco, CA' },
        unit: { type: 'string', description: 'The unit of temperature to return', enum: ['celsius', 'fahrenheit'] },
      },
      required: ['location'],
    },
  };
  const body = {
    system: 'You are a helpful assistant that can answer to questions about the weather.',
    messages: [{ role: 'user', content: "What's the weather like in San Francisco?" }],
    tools: [tool],
  };
  // The OpenAI cookbook, "How to count tokens with tiktoken": 101 prompt tokens for gpt-4o.
  expect(Math.abs(countTokens(body as unknown as CanonicalBody, 'gpt-4o') - 101)).toBeLessThanOrEqual(1);
});

test('results of parallel calls cost their escapes, those of a single call do not', () => {
  const growth = (ids: readonly string[], result: string) =>
    countMessageTokens(
      [
        { role: 'assistant', content: ids.map((id) => ({ type: 'tool_use', id, name: 'read', input: { path: id } })) },
        { role: 'user', content: ids.map((id) => ({ type: 'tool_result', tool_use_id: id, content: result })) },
      ] as unknown as CanonicalBody['messages'],
      'gpt-4.1',
    );
  const korean = '안녕하세요 세계 '.repeat(40);
  const plain = countTextTokens(korean);
  expect(growth(['a'], korean)).toBeLessThan(plain + 30);
  expect(growth(['a', 'b'], korean)).toBeGreaterThan(6 * plain);
});

test('results of parallel calls count the same in one message and in several', () => {
  const ids = ['a', 'b', 'c'];
  const results = ids.map((id) => ({ type: 'tool_result', tool_use_id: id, content: prose(2) }));
  const call = {
    role: 'assistant',
    content: ids.map((id) => ({ type: 'tool_use', id, name: 'read', input: { path: id } })),
  };
  const growth = (messages: readonly object[]) =>
    countMessageTokens(messages as unknown as CanonicalBody['messages'], 'gpt-4.1');
  const together = growth([call, { role: 'user', content: results }]);
  expect(growth([call, ...results.map((result) => ({ role: 'user', content: [result] }))])).toBe(together);
});

test('the attribution line of a client is not counted for models that are not told it', () => {
  const line = { type: 'text', text: `x-anthropic-billing-header: ${prose(5)}` };
  const body = (system: unknown) => ({ system, messages: [question] }) as unknown as CanonicalBody;
  expect(countTokens(body([line]), 'gpt-4o')).toBe(countTokens(body([]), 'gpt-4o'));
});

test('text that looks like a control token is text', () => {
  expect(count({ system: '<|endoftext|><|im_start|>' })).toBeGreaterThan(count());
});

test('the work is bounded for text of any length and without a single break', () => {
  // Unbroken runs make the tokenizer quadratic: ten megabytes of them would take minutes, and fail this test's time-out.
  const counted = count({ messages: [{ role: 'user', content: '漢'.repeat(10_000_000) }] });
  expect(counted).toBeGreaterThan(5_000_000);
});

const MODELS = ['gpt-4.1', 'claude-opus-4-8', 'gemini-2.5-pro', 'qwen3', 'nobody/knows', ''];
const anything = fc.jsonValue({ maxDepth: 3 });
const block = fc.oneof(
  anything,
  fc.record(
    {
      type: fc.constantFrom('text', 'thinking', 'image', 'document', 'tool_use', 'tool_result', 'redacted_thinking'),
      text: anything,
      thinking: anything,
      id: anything,
      tool_use_id: anything,
      name: anything,
      input: anything,
      content: fc.oneof(anything, fc.array(anything)),
      source: fc.oneof(
        anything,
        fc.record({ type: fc.constantFrom('base64', 'text', 'url', 'content'), data: anything }),
      ),
    },
    { requiredKeys: ['type'] },
  ),
);
const content = fc.oneof(fc.string(), fc.array(block, { maxLength: 4 }));
const message = fc.record({ role: fc.constantFrom('user', 'assistant', 'system'), content });

test('whatever stands in a request has a count, and more of it never has a smaller one', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 4 }),
      message,
      fc.array(anything, { maxLength: 3 }),
      fc.oneof(content, fc.constant(undefined)),
      fc.constantFrom(...MODELS),
      (messages, more, tools, system, model) => {
        const count = (all: readonly object[]) =>
          countTokens({ messages: all, tools, system } as unknown as CanonicalBody, model);
        const fewer = count(messages);
        expect(fewer).toBeGreaterThanOrEqual(0);
        expect(Number.isSafeInteger(fewer)).toBe(true);
        expect(count([...messages, more])).toBeGreaterThanOrEqual(fewer);
        expect(countAnswerTokens(Array.isArray(more.content) ? more.content : [], model)).toBeGreaterThanOrEqual(0);
      },
    ),
  );
});

test('the growth of a conversation is the difference of its counts', () => {
  const call = { type: 'tool_use', id: 'a', name: 'read', input: { path: prose(2) } };
  const messages = [
    question,
    { role: 'assistant', content: [{ type: 'text', text: prose(3) }, call] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: prose(5) }] },
  ] as CanonicalBody['messages'];
  for (const model of ['gpt-4.1', 'claude-sonnet-4-5', 'qwen3']) {
    const body = (all: CanonicalBody['messages']) => ({ messages: all }) as CanonicalBody;
    const grown = countTokens(body(messages), model) - countTokens(body([question]), model);
    expect(Math.abs(countMessageTokens(messages.slice(1), model) - grown)).toBeLessThanOrEqual(1);
  }
});
