import { describe, expect, it } from 'vitest';
import { deepFreeze } from '#shared/deep-freeze.ts';
import { isKnownValue } from '#shared/formats/known-values.ts';
import { sharedTools } from './shared-tools.ts';

const tool = (name: string) => deepFreeze({ name, input_schema: { type: 'object' } });

describe('tools that are shared', () => {
  const [read, edit] = [tool('Read'), tool('Edit')];

  it('are the same list for the same tools, and known as such', () => {
    const tools = sharedTools([read, edit]);
    expect(tools).toEqual([read, edit]);
    expect(sharedTools([read, edit])).toBe(tools);
    expect(isKnownValue(tools) && Object.isFrozen(tools)).toBe(true);
  });

  it('are another list with fewer or other tools', () => {
    const tools = sharedTools([read, edit]);
    for (const others of [[edit], [tool('Read'), edit], [edit, read]]) {
      expect(sharedTools(others)).not.toBe(tools);
      expect(sharedTools(others)).toEqual(others);
    }
  });

  it('are not kept where one of them belongs to one request alone', () => {
    const tools = sharedTools([read, { ...edit, cache_control: { type: 'ephemeral' } }]);
    expect(isKnownValue(tools)).toBe(false);
    expect(sharedTools([])).toEqual([]);
  });
});
