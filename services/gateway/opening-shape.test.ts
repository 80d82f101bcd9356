import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CanonicalBody } from '#shared/formats/canonical.ts';
import { openingShapeOf } from './opening-shape.ts';

const TOOLS = [{ name: 'Read', input_schema: { type: 'object', properties: { path: { type: 'string' } } } }];
const USE = { type: 'tool_use', id: 'toolu_1', name: 'Edit', input: { edits: [{ path: 'a' }] } };
const RESULT = { type: 'tool_result', tool_use_id: USE.id, content: 'x'.repeat(50_000) };

function bodyOf(messages: readonly object[], rest: object = {}): CanonicalBody {
  return { model: 'claude-sonnet', max_tokens: 10, messages, ...rest } as CanonicalBody;
}

const shapeOf = (body: CanonicalBody, isOneByte = false) => openingShapeOf({ body, isOneByte });
const ask = (text: string) => ({ role: 'user', content: text });
const answered = [
  { role: 'assistant', content: [USE, { ...USE, id: 'toolu_2' }] },
  { role: 'user', content: [RESULT] },
];

describe('the shape of an opening', () => {
  it('is that of the opening of its conversation, whatever came after it', () => {
    const opening = [ask('Mend the parser.')];
    const tools = { system: 'You write code.', tools: TOOLS };
    expect(shapeOf(bodyOf(opening, tools))).toBe('4k-single-plan');
    expect(shapeOf(bodyOf([...opening, ...answered], tools))).toBe('4k-single-plan');
    expect(shapeOf(bodyOf([...opening, ...answered, ...answered, ask('And the tests?')], tools))).toBe(
      '4k-single-plan',
    );
  });

  it('never changes as a conversation goes on, however its requests were read', () => {
    const turn = fc.constantFrom(...answered, ask('go on'), { role: 'assistant', content: 'done' });
    const openings = fc.array(fc.string({ unit: 'grapheme', maxLength: 3_000 }).map(ask), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(
        openings,
        fc.array(turn, { maxLength: 8 }),
        fc.string({ maxLength: 20_000 }),
        (opening, turns, system) => {
          const later = [...opening, { role: 'assistant', content: 'well' }, ...turns];
          const first = shapeOf(bodyOf(opening, { system, tools: TOOLS }));
          expect(shapeOf(bodyOf(later, { system, tools: TOOLS }))).toBe(first);
          // Parsed anew, and with the bytes of its texts as characters.
          const anew = JSON.stringify(bodyOf(later, { system, tools: TOOLS }));
          expect(shapeOf(JSON.parse(anew))).toBe(first);
          expect(shapeOf(JSON.parse(Buffer.from(anew).toString('latin1')), true)).toBe(first);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('counts the system prompt, the tools and the opening, and images by what they cost', () => {
    const long = 'word '.repeat(4_000);
    expect(shapeOf(bodyOf([ask(long)]))).toBe('16k-none-plan');
    expect(shapeOf(bodyOf([ask('hi')], { system: long }))).toBe('16k-none-plan');
    expect(shapeOf(bodyOf([ask('hi')], { tools: [{ ...TOOLS[0], description: long }] }))).toBe('16k-single-plan');
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'A'.repeat(100_000) } };
    expect(shapeOf(bodyOf([{ role: 'user', content: [image] }]))).toBe('4k-none-plan');
  });

  it('is worked out anew when the tools, the system prompt or the opening of a known first message change', () => {
    const first = ask('hi');
    const long = 'word '.repeat(4_000);
    expect(shapeOf(bodyOf([first]))).toBe('4k-none-plan');
    expect(shapeOf(bodyOf([first], { system: long }))).toBe('16k-none-plan');
    expect(shapeOf(bodyOf([first], { tools: [{ ...TOOLS[0], description: long }] }))).toBe('16k-single-plan');
    expect(shapeOf(bodyOf([first, ask(long)]))).toBe('16k-none-plan');
    expect(shapeOf(bodyOf([first]))).toBe('4k-none-plan');
  });

  it('is that of nothing for a request without messages', () => {
    expect(shapeOf(bodyOf([]))).toBe('4k-none-plan');
  });
});
