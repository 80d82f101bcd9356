import { describe, expect, it } from 'vitest';
import { sharedMessage } from './shared-message.ts';

const block = (text: string) => Object.freeze({ type: 'text', text });

describe('a message that is shared', () => {
  const [one, two] = [block('one'), block('two')];

  it('is the same object for the same blocks, and frozen', () => {
    const message = sharedMessage('user', [one, two], false);
    expect(message).toEqual({ role: 'user', content: [one, two] });
    expect(sharedMessage('user', [one, two], false)).toBe(message);
    expect(Object.isFrozen(message) && Object.isFrozen(message['content'])).toBe(true);
  });

  it.each([
    ['another role', 'assistant', [one, two], false, [one, two]],
    ['other blocks before the last one', 'user', [block('one'), two], false, [one, two]],
    ['fewer blocks', 'user', [two], false, [two]],
    ['a text in place of its block', 'user', [two], true, 'two'],
  ] as const)('is another one with %s', (_what, role, blocks, isText, content) => {
    const message = sharedMessage('user', [one, two], false);
    const other = sharedMessage(role, blocks, isText);
    expect(other).not.toBe(message);
    expect(other).toEqual({ role, content });
  });

  it('is not kept for a block of one request alone', () => {
    const marked = { type: 'text', text: 'one', cache_control: { type: 'ephemeral' } };
    expect(sharedMessage('user', [marked], false)).not.toBe(sharedMessage('user', [marked], false));
  });
});
