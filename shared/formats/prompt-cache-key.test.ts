import { expect, test } from 'vitest';
import type { Canonical } from './canonical.ts';
import { createEncodeTarget } from './encode-target.ts';
import { promptCacheKey } from './prompt-cache-key.ts';

const openai = createEncodeTarget({ model: 'gpt-test', quirks: ['openai-extras'] });
const CACHE = { cache_control: { type: 'ephemeral' } };
const question = { role: 'user', content: 'go' };
const marked = { system: [{ type: 'text', text: 'You are an agent.', ...CACHE }], messages: [question] };

function keyOf(body: object, extras: Canonical['extras'] = {}, target = openai): string | null {
  return promptCacheKey({ body: { model: 'm', max_tokens: 1, ...body }, extras } as Canonical, target);
}

test('a conversation keeps its key over its turns, and shares it with no other', () => {
  const first = keyOf({ ...marked, metadata: { user_id: '{"session_id":"a"}' } });
  const later = [...marked.messages, { role: 'assistant', content: 'x' }, { role: 'user', content: 'y' }];
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  expect(keyOf({ ...marked, messages: later, metadata: { user_id: '{"session_id":"a"}' } })).toBe(first);
  expect(keyOf({ ...marked, metadata: { user_id: '{"session_id":"b"}' } })).not.toBe(first);
});

test('without a session, the beginning of the conversation stands for it', () => {
  const one = keyOf(marked);
  expect(keyOf({ ...marked, messages: [...marked.messages, { role: 'assistant', content: 'x' }] })).toBe(one);
  expect(keyOf({ ...marked, messages: [{ role: 'user', content: 'other' }] })).not.toBe(one);
});

test.each<[string, object]>([
  ['the last message', { messages: [{ role: 'user', content: [{ type: 'text', text: 'go', ...CACHE }] }] }],
  ['a tool', { messages: [question], tools: [{ name: 'a', input_schema: { type: 'object' }, ...CACHE }] }],
])('a mark on %s is a wish to cache', (_name, body) => {
  expect(keyOf(body)).not.toBeNull();
});

test('nothing is sent to a server that does not take it, for a client without the wish, or beside its own key', () => {
  expect(keyOf(marked, {}, createEncodeTarget({ model: 'llama' }))).toBeNull();
  expect(keyOf({ messages: [question] })).toBeNull();
  expect(keyOf(marked, { openai: { prompt_cache_key: 'own' } })).toBeNull();
});
