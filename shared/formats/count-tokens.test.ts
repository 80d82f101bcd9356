import { countTokens as countTextTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import type { CanonicalBody } from './canonical.ts';
import { countTokens, EXACT_CHARACTERS_MAX } from './count-tokens.ts';

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

test('an image costs its fixed price, not that of its base64', () => {
  const block = { type: 'image', source: { type: 'base64', data: 'A'.repeat(400_000) } };
  expect(withBlock('user', block)).toBeLessThan(2_000);
});

test('the count is slightly above the tokenizer, exact or sampled', () => {
  for (const lines of [100, 20_000]) {
    const text = prose(lines);
    const exact = countTextTokens(text);
    const counted = count({ messages: [{ role: 'user', content: text }] });
    expect(counted / exact, `${lines} lines, ${text.length} characters`).toBeGreaterThan(1);
    expect(counted / exact).toBeLessThan(1.15);
  }
  expect(prose(20_000).length).toBeGreaterThan(EXACT_CHARACTERS_MAX);
});

test('text that looks like a control token is text', () => {
  expect(count({ system: '<|endoftext|><|im_start|>' })).toBeGreaterThan(count());
});

test('the work is bounded for text of any length and without a single break', () => {
  // Unbroken runs make the tokenizer quadratic: ten megabytes of them would take minutes, and fail this test's time-out.
  const counted = count({ messages: [{ role: 'user', content: '漢'.repeat(10_000_000) }] });
  expect(counted).toBeGreaterThan(5_000_000);
});
