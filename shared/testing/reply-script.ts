import fc from 'fast-check';
import type { JsonObject } from '../formats/json-object.ts';

/** One thing that a model says, before any wire format. */
export type Said =
  | { readonly type: 'thinking'; readonly text: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'call'; readonly name: string; readonly input: JsonObject };

/** An answer as its model means it. */
export interface ReplyScript {
  readonly said: readonly Said[];
  readonly stop: 'end' | 'limit';
  /** Characters in a piece of text or arguments, where it is streamed. */
  readonly pieceCharacters: number;
}

/** Text of all kinds: several bytes a character, line breaks of every sort, and what looks like framing. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 24 }),
  fc.constantFrom('Grüße 漢字 😀', 'data: {"a":1}\n\n', 'a\r\nb\rc\u2028d', '\u0000\u0007', '[DONE]', '}"]\\'),
);
/** Blank text is no block for any client, so a text has to say something. */
const spoken = text.filter((value) => value.trim() !== '');

const input = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 6 }).filter((key) => key !== '__proto__' && key !== '__unparsedToolInput'),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 3 },
) as fc.Arbitrary<JsonObject>;

const saidThinking: fc.Arbitrary<Said> = fc.record({ type: fc.constant('thinking' as const), text: spoken });
const saidText: fc.Arbitrary<Said> = fc.record({ type: fc.constant('text' as const), text: spoken });
const saidCall: fc.Arbitrary<Said> = fc.record({
  type: fc.constant('call' as const),
  name: fc.constantFrom('read', 'write', 'mcp__server__tool'),
  input,
});

/** Answers in the order that every wire can say: reasoning, then text, then calls. */
export const replyScript: fc.Arbitrary<ReplyScript> = fc
  .record({
    thinking: fc.array(saidThinking, { maxLength: 1 }),
    text: fc.array(saidText, { maxLength: 1 }),
    calls: fc.array(saidCall, { maxLength: 3 }),
    stop: fc.constantFrom('end' as const, 'limit' as const),
    pieceCharacters: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ thinking, text: said, calls, stop, pieceCharacters }) => ({
    said: [...thinking, ...said, ...calls],
    stop,
    pieceCharacters,
  }));

/** Cuts text into pieces; a character outside of the basic plane is never cut, as servers cut between tokens. */
export function cutText(value: string, pieceCharacters: number): readonly string[] {
  const characters = [...value];
  return Array.from({ length: Math.ceil(characters.length / pieceCharacters) }, (_, index) =>
    characters.slice(index * pieceCharacters, (index + 1) * pieceCharacters).join(''),
  );
}
