import { expect, test } from 'vitest';
import type { CanonicalBody } from '../formats/canonical.ts';
import { placePrefix } from './place-prefix.ts';

const body: CanonicalBody = { model: 'claude-test', messages: [{ role: 'user', content: 'question' }] };
const billing = {
  type: 'text' as const,
  text: 'x-anthropic-billing-header: cc_version=2.1.197.abc; cc_entrypoint=cli',
};
const identity = { type: 'text' as const, text: 'You are an agent.', cache_control: { type: 'ephemeral' as const } };
const prefix = { type: 'text', text: 'PREFIX' };

test.each<[string, CanonicalBody['system'], unknown]>([
  ['no system prompt', undefined, [prefix]],
  ['an empty one', '', [prefix]],
  ['a string', 'Be brief.', [prefix, { type: 'text', text: 'Be brief.' }]],
  ['an empty list', [], [prefix]],
  ['blocks', [identity], [prefix, identity]],
  ['blocks behind an attribution block', [billing, identity], [billing, prefix, identity]],
  ['an attribution block alone', [billing], [billing, prefix]],
  ['an attribution line as a string', billing.text, [billing, prefix]],
])('the prefix leads %s', (_, system, expected) => {
  const before = structuredClone(system);
  const original = system === undefined ? body : { ...body, system };
  expect(placePrefix(original, 'PREFIX').system).toEqual(expected);
  expect(original.system).toEqual(before);
});
