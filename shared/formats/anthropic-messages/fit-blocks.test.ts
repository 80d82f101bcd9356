import { describe, expect, test } from 'vitest';
import type { CanonicalBody } from '../canonical.ts';
import type { Loss } from '../loss.ts';
import { fitBlocks } from './fit-blocks.ts';
import { fitThinking } from './fit-thinking.ts';

const bodyOf = (messages: unknown, more: object = {}): CanonicalBody =>
  ({ model: 'claude-test', max_tokens: 20_000, messages, ...more }) as CanonicalBody;
const user = (...content: object[]) => ({ role: 'user', content });
const assistant = (...content: object[]) => ({ role: 'assistant', content });
const text = (value: string) => ({ type: 'text', text: value });

describe('a conversation that began elsewhere', () => {
  test('is the very same object when there is nothing to do', () => {
    const thinking = { type: 'thinking', thinking: 'x', signature: 'sig==' };
    const body = bodyOf([
      user(text('a')),
      assistant(thinking, { type: 'tool_use', id: 'toolu_1', name: 'a', input: {} }),
    ]);
    expect(fitBlocks(body, [])).toBe(body);
  });

  test('loses empty texts, and an answer that was nothing else, but never a question', () => {
    const losses: Loss[] = [];
    const question = user(text(''));
    const { messages } = fitBlocks(bodyOf([question, assistant(text('')), user(text(''), text('b'))]), losses);
    expect(messages).toEqual([question, user(text('b'))]);
    expect(losses).toMatchObject([{ kind: 'dropped', pointer: '/messages/0/content/0', count: 3 }]);
  });

  test('gets ids that the API takes, the same for a call and its result', () => {
    const losses: Loss[] = [];
    const call = { type: 'tool_use', id: 'functions.read:0', name: 'read', input: {} };
    const result = { type: 'tool_result', tool_use_id: 'functions.read:0', content: 'x' };
    const { messages } = fitBlocks(bodyOf([user(text('a')), assistant(call), user(result)]), losses);
    const [id = '', resultId] = [...JSON.stringify(messages).matchAll(/"(?:tool_use_)?id":"([^"]*)"/g)].map(
      ([, made]) => made,
    );
    expect(id).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(resultId).toBe(id);
    expect(losses).toMatchObject([{ kind: 'renamed', pointer: '/messages/1/content/0', count: 2 }]);
  });
});

describe('thinking for a model that knows budgets only', () => {
  const adaptive = { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } };
  const clearing = { context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] } };
  const fitted = (model: string, more: object = adaptive, messages: unknown = [user(text('a'))]) => {
    const losses: Loss[] = [];
    return { body: fitThinking(bodyOf(messages, more), model, losses), losses };
  };

  test.each([
    'claude-haiku-4-5-20251001',
    'claude-sonnet-4-20250514',
    'claude-3-7-sonnet-latest',
    'us.anthropic.claude-opus-4-1-20250805-v1:0',
    'claude-sonnet-4@20250514',
  ])('is a budget instead of adaptive, without an effort: %s', (model) => {
    const { body, losses } = fitted(model);
    expect(body.thinking).toEqual({ type: 'enabled', budget_tokens: 10_240 });
    expect(body).not.toHaveProperty('output_config');
    expect(losses.map(({ kind, pointer }) => `${kind} ${pointer}`)).toEqual([
      'approximated /thinking',
      'dropped /output_config/effort',
    ]);
  });

  test.each([
    'claude-opus-4-6',
    'claude-sonnet-4-10',
    'claude-opus-4-8-v1:0',
    'claude-sonnet-5',
    'claude-fable-5',
    'gpt-5',
  ])('is left alone for other models: %s', (model) => {
    const { body, losses } = fitted(model);
    expect(body).toMatchObject(adaptive);
    expect(losses).toEqual([]);
  });

  test('keeps the effort of the one of them that takes it, and an output format beside a dropped one', () => {
    expect(fitted('claude-opus-4-5-20251101').body.output_config).toEqual({ effort: 'high' });
    const format = { type: 'json_schema', schema: {} };
    expect(fitted('claude-haiku-4-5', { output_config: { effort: 'low', format } }).body.output_config).toEqual({
      format,
    });
  });

  test('is left out where there is no room, or a loop of calls began without it, and so is its clearing', () => {
    expect(fitted('claude-haiku-4-5', { ...adaptive, max_tokens: 900 }).body).not.toHaveProperty('thinking');
    const loop = [user(text('a')), assistant({ type: 'tool_use', id: 't', name: 'a', input: {} }), user({})];
    const { body } = fitted('claude-haiku-4-5', { ...adaptive, ...clearing }, loop);
    expect(body).not.toHaveProperty('thinking');
    expect(body).toMatchObject({ context_management: { edits: [] } });
  });
});
