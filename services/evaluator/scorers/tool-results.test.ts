import { describe, expect, it } from 'vitest';
import { readToolResults } from './tool-results.ts';

const results = (...blocks: readonly (readonly [id: string, content: unknown])[]) => ({
  role: 'user',
  content: blocks.map(([id, content]) => ({ type: 'tool_result', tool_use_id: id, content })),
});
const MESSAGES = [
  results(['a', 'first'], ['b', 'b']),
  { role: 'assistant', content: 'Once more.' },
  results(['a', 'second'], ['c', [{ type: 'text', text: 'c' }, { type: 'image' }]], ['a', 'third']),
];

describe('tool results of a conversation', () => {
  it('are the latest of each call, with where they stand', () => {
    const read = readToolResults(MESSAGES);
    expect([...read.keys()].sort()).toEqual(['a', 'b', 'c']);
    expect(read.get('a')).toEqual({ pointer: '/messages/2/content/2', text: 'third', flaggedError: false });
    expect(read.get('b')).toMatchObject({ pointer: '/messages/0/content/1' });
    expect(read.get('c')).toMatchObject({ text: 'c\n[image]' });
  });

  it('are those of the calls that are asked for, the latest as well', () => {
    expect([...readToolResults(MESSAGES, new Set(['a', 'b']))].map(([id, { text }]) => [id, text]).sort()).toEqual([
      ['a', 'third'],
      ['b', 'b'],
    ]);
    expect(readToolResults(MESSAGES, new Set(['none'])).size).toBe(0);
    expect(readToolResults(MESSAGES, new Set()).size).toBe(0);
  });
});
