import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { continueRequest, splitRequest } from './split-request.ts';

/** Strings that look like structure, and those that are hard to decode. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^[[\]{}",:\\ ]{0,12}$/),
  fc.constantFrom('"messages":[{"a":1}]', '\\"', '\\\\', '\u0000', '\ud800', 'é€𝄞'),
);
const json = fc.jsonValue({ maxDepth: 3, noUnicodeString: false, stringUnit: 'binary' } as never);
const message = fc.record({ role: fc.constantFrom('user', 'assistant'), content: fc.oneof(text, json) });
const field = fc.tuple(fc.constantFrom('model', 'system', 'tools', 'é'), fc.oneof(text, json));
const request = fc.record({
  before: fc.array(field, { maxLength: 3 }),
  messages: fc.array(message, { maxLength: 6 }),
  after: fc.array(field, { maxLength: 3 }),
});
const indent = fc.constantFrom(undefined, 1, '\t', ' \n\r');

type Request = typeof request extends fc.Arbitrary<infer Value> ? Value : never;

function bytesOf({ before, messages, after }: Request, space: string | number | undefined): Buffer {
  const fields = [...before, ['messages', messages] as const, ...after];
  return Buffer.from(JSON.stringify(Object.fromEntries(fields), null, space));
}

describe('the bytes of a request', () => {
  it('are split into the messages that a parser finds', () => {
    fc.assert(
      fc.property(request, indent, (given, space) => {
        const bytes = bytesOf(given, space);
        const split = splitRequest(bytes);
        const parsed = JSON.parse(bytes.toString('utf8')) as { messages: unknown[] };
        expect(split?.ends).toHaveLength(parsed.messages.length);
        const starts = [split?.listStart ?? 0, ...(split?.ends ?? [])];
        const slices = split?.ends.map((end, index) => bytes.toString('utf8', starts[index], end).replace(/^\s*,/, ''));
        expect(slices?.map((slice): unknown => JSON.parse(slice))).toEqual(parsed.messages);
      }),
    );
  });

  it('continue others with exactly the messages that a parser finds, or are said not to', () => {
    let continued = 0;
    const change = fc.record({
      kept: fc.nat({ max: 6 }),
      added: fc.array(message, { maxLength: 3 }),
      isOtherwiseSame: fc.boolean(),
    });
    fc.assert(
      fc.property(request, change, indent, (given, { kept, added, isOtherwiseSame }, space) => {
        const split = splitRequest(bytesOf(given, space));
        const messages = [...given.messages.slice(0, kept), ...added];
        const after = isOtherwiseSame ? given.after : [...given.after, ['stream', true] as never];
        const bytes = bytesOf({ ...given, messages, after }, space);
        const continuation = split === null ? null : continueRequest(split, bytes);
        if (continuation === null) {
          // What is empty has no room for spaces, and so other bytes.
          const isEmpty = (list: readonly unknown[]) => list.length === 0;
          expect(!isOtherwiseSame || isEmpty(messages) !== isEmpty(given.messages)).toBe(true);
          return;
        }
        continued += 1;
        const parsed = JSON.parse(bytes.toString('utf8')) as { messages: unknown[] };
        const before = JSON.parse(bytesOf(given, space).toString('utf8')) as { messages: unknown[] };
        expect([...before.messages.slice(0, continuation.kept), ...continuation.added]).toEqual(parsed.messages);
        expect(continuation.split).toEqual(splitRequest(bytes));
      }),
    );
    expect(continued).toBeGreaterThan(20);
  });

  it.each([
    ['no messages', '{"model":"a"}'],
    ['messages twice', '{"messages":[{"a":1}],"messages":[]}'],
    ['a name in escapes', '{"\\u006dessages":[{"a":1}]}'],
    ['messages and their name in escapes', '{"messages":[{"a":1}],"\\u006dessages":[]}'],
    ['messages that are no list', '{"messages":{"a":[{"b":1}]}}'],
    ['messages that are no objects', '{"messages":[{"a":1},2]}'],
    ['a list', '[{"messages":[]}]'],
    ['more behind it', '{"messages":[]} {}'],
    ['nothing', ''],
  ])('are not split when there is %s', (_what, text_) => {
    expect(splitRequest(Buffer.from(text_))).toBeNull();
  });

  it.each([
    ['no comma', '{"messages":[{"a":1}{"b":2}],"x":1}'],
    ['two commas', '{"messages":[{"a":1},,{"b":2}],"x":1}'],
    ['a comma at the end', '{"messages":[{"a":1},{"b":2},],"x":1}'],
    ['a message that is no JSON', '{"messages":[{"a":1},{"b":2,}],"x":1}'],
    ['no end', '{"messages":[{"a":1},{"b":2}'],
    ['another end', '{"messages":[{"a":1},{"b":2}],"x":2}'],
    ['another begin', '{ "messages":[{"a":1},{"b":2}],"x":1}'],
  ])('do not continue others with %s', (_what, text_) => {
    const split = splitRequest(Buffer.from('{"messages":[{"a":1}],"x":1}'));
    expect(split).not.toBeNull();
    expect(continueRequest(split!, Buffer.from('{"messages":[{"a":1},{"b":2}],"x":1}'))?.added).toEqual([{ b: 2 }]);
    expect(continueRequest(split!, Buffer.from(text_))).toBeNull();
  });
});
