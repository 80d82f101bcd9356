import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepFreeze } from '#shared/deep-freeze.ts';
import { countDistinctCalls } from './conversation/call-identity.ts';
import { createConversation } from './conversation/conversation.ts';
import { readFileAction } from './files/file-action.ts';
import type { JsonRecord } from './json.ts';
import { inboundBlocks } from './translation/inbound-blocks.ts';

const input = deepFreeze({ file_path: '/a.ts', command: 'ls' });
const call = (id: string) => ({ role: 'assistant', content: [{ type: 'tool_use', id, name: 'Read', input }] });
const result = (id: string, content: string) => ({
  role: 'user',
  content: [{ type: 'tool_result', tool_use_id: id, content }],
});

/** Messages as the store gives them: frozen, and the same objects in every request that has them. */
const MESSAGES: readonly JsonRecord[] = deepFreeze([
  { role: 'user', content: 'Look into a.ts.' },
  { role: 'user', content: [{ type: 'text', text: 'And into b.ts.' }] },
  { role: 'system', content: 'Be brief.' },
  { role: 'assistant', content: [{ type: 'text', text: 'I look.' }] },
  call('one'),
  call('two'),
  result('one', 'export const a = 1;'),
  result('one', 'Error: ENOENT: no such file or directory'),
  result('two', 'nothing'),
]);
const requests = fc
  .array(fc.nat({ max: MESSAGES.length - 1 }), { maxLength: 8 })
  .map((picked): JsonRecord => ({ messages: picked.map((index) => MESSAGES[index]) }));
const copied = (request: JsonRecord) => JSON.parse(JSON.stringify(request)) as JsonRecord;

describe('messages that requests share', () => {
  it('are read as if each request had its own, wherever they stand and whatever answers them', () => {
    fc.assert(
      fc.property(fc.array(requests, { minLength: 2, maxLength: 4 }), (all) => {
        for (const request of all) {
          expect(createConversation(request, null)).toEqual(createConversation(copied(request), null));
          expect(inboundBlocks(request)).toEqual(inboundBlocks(copied(request)));
        }
      }),
    );
  });

  it('have the result of the request that is read, where two requests go on differently', () => {
    const [ask, called, works, fails] = [0, 4, 6, 7].map((index) => MESSAGES[index]);
    for (const answer of [works, fails, works]) {
      const request: JsonRecord = { messages: [ask, called, answer] };
      expect(createConversation(request, null)).toEqual(createConversation(copied(request), null));
    }
  });

  it('give the same objects for what has not changed', () => {
    const first = createConversation({ messages: MESSAGES.slice(0, 7) }, null);
    const second = createConversation({ messages: MESSAGES }, null);
    expect(second?.userTexts[0]).toBe(first?.userTexts[0]);
    expect(second?.results[0]).toBe(first?.results[0]);
  });
});

describe('arguments that calls share', () => {
  it('are read by the tool that is called with them', () => {
    expect(readFileAction('Read', input)).toMatchObject({ type: 'read', path: '/a.ts' });
    expect(readFileAction('Bash', input)).toMatchObject({ type: 'shell', command: 'ls' });
    expect(readFileAction('Read', input)).toBe(readFileAction('Read', input));
  });

  it('make two calls only where the tool differs', () => {
    const calls = [
      { name: 'Read', input },
      { name: 'Read', input: { ...input } },
      { name: 'Bash', input },
      { name: 'Edit', input },
    ];
    expect(countDistinctCalls(calls)).toBe(3);
    expect(countDistinctCalls([...calls, { name: 'Read', input: { command: 'ls', file_path: '/a.ts' } }])).toBe(3);
    expect(countDistinctCalls([...calls, { name: 'Read', input: { command: 'sl', file_path: '/a.ts' } }])).toBe(4);
  });
});
