import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { turnShapeSchema } from '#shared/domain/turn-shape.ts';
import type { CanonicalBody } from '#shared/formats/canonical.ts';
import { type TurnShapeRequest, turnShapeOf } from './turn-shape.ts';

const flat = {
  type: 'object',
  properties: { path: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } } },
};
const nested = {
  type: 'object',
  properties: { todos: { type: 'array', items: { type: 'object', properties: { text: { type: 'string' } } } } },
};
const tool = (name: string, input_schema: object = flat) => ({ name, input_schema });
const says = (text: string) => ({ role: 'user', content: text });
const calls = (...uses: { name: string; input?: unknown }[]) => ({
  role: 'assistant',
  content: uses.map((use) => ({ type: 'tool_use', id: 'toolu_1', input: {}, ...use })),
});
const results = (...more: { type: string }[]) => ({
  role: 'user',
  content: [{ type: 'tool_result', tool_use_id: 'toolu_1' }, ...more],
});
const shape = (request: Partial<TurnShapeRequest>, tokens = 100) =>
  turnShapeOf({ messages: [says('hi')], ...request }, tokens);
const READ = tool('Read');
const GREP = tool('Grep');

describe('the turn shape', () => {
  it('takes the size from the estimate, bounds included', () => {
    const sizes = [0, 4_000, 4_001, 16_000, 16_001, 64_000, 64_001, 200_000, 200_001].map((tokens) =>
      shape({}, tokens),
    );
    expect(sizes.map((text) => text.split('-')[0])).toEqual([
      ...['4k', '4k', '16k', '16k', '64k', '64k', '200k', '200k', 'more'],
    ]);
  });

  it('counts the tools on offer before any was called', () => {
    expect(shape({})).toBe('4k-none-plan');
    expect(shape({ tools: [READ] })).toBe('4k-single-plan');
    expect(shape({ tools: [READ, GREP] })).toBe('4k-multi-plan');
    expect(shape({ tools: [READ, GREP], tool_choice: { type: 'none' } })).toBe('4k-none-plan');
    expect(shape({ tools: [READ, GREP], tool_choice: { type: 'tool', name: 'Grep' } })).toBe('4k-single-plan');
  });

  it('is nested when at least half of the tools take objects, wherever the schema hides them', () => {
    expect(shape({ tools: [tool('Todo', nested), READ] })).toBe('4k-nested-plan');
    expect(shape({ tools: [tool('Todo', nested), READ, GREP] })).toBe('4k-multi-plan');
    const union = { type: 'object', properties: { a: { anyOf: [{ type: 'string' }, { type: 'object' }] } } };
    expect(shape({ tools: [tool('Union', union)] })).toBe('4k-nested-plan');
  });

  it('goes by the tools used last once some have been', () => {
    const used = (...turns: TurnShapeRequest['messages']) =>
      shape({ tools: [tool('Todo', nested), READ, GREP], messages: [says('go'), ...turns] });
    expect(used(calls({ name: 'Read' }, { name: 'Grep' }), results())).toBe('4k-parallel-followup');
    expect(used(calls({ name: 'Todo', input: { todos: [{ text: 'x' }] } }), results())).toBe('4k-nested-followup');
    expect(used(calls({ name: 'Read' }, { name: 'Grep' }), results(), calls({ name: 'Read' }), results())).toBe(
      '4k-multi-followup',
    );
    const disabled = { type: 'auto', disable_parallel_tool_use: true };
    const messages = [says('go'), calls({ name: 'Read' }, { name: 'Grep' }), results()];
    expect(shape({ tools: [READ, GREP], tool_choice: disabled, messages })).toBe('4k-multi-followup');
  });

  it('tells planning, editing and following up apart by what happened since the user spoke', () => {
    const phase = (...messages: TurnShapeRequest['messages']) => shape({ messages }).split('-')[2];
    const edit = calls({ name: 'Edit' });
    expect(phase(says('go'))).toBe('plan');
    expect(phase(says('go'), calls({ name: 'Read' }), results())).toBe('followup');
    expect(phase(says('go'), calls({ name: 'Read' }), results({ type: 'text' }))).toBe('followup');
    expect(phase(says('go'), edit, results())).toBe('edit');
    expect(phase(says('go'), edit, results(), calls({ name: 'Read' }), results())).toBe('edit');
    expect(phase(says('go'), edit, results(), says('thanks, now the tests'))).toBe('plan');
    for (const name of ['MultiEdit', 'apply_patch', 'str_replace_based_edit_tool', 'write_file', 'NotebookEdit']) {
      expect(phase(says('go'), calls({ name }), results())).toBe('edit');
    }
    expect(phase(says('go'), calls({ name: 'EditorSettingsGet' }), results())).toBe('followup');
  });

  it('takes the bodies that the gateway has', () => {
    const body: CanonicalBody = {
      model: 'claude-x',
      messages: [{ role: 'user', content: 'hi' }],
      tools: [
        { type: 'web_search_20250305', name: 'web_search' },
        { name: 'Read', input_schema: { type: 'object' } },
      ],
      tool_choice: { type: 'auto' },
    };
    expect(turnShapeOf(body, 10)).toBe('4k-multi-plan');
  });

  it('is a shape for every request, also a broken one', () => {
    const block = fc.record({
      type: fc.constantFrom('text', 'tool_use', 'tool_result'),
      input: fc.anything(),
      name: fc.anything(),
    });
    const request = fc.record({
      messages: fc.array(
        fc.record({
          role: fc.constantFrom('user', 'assistant', 'system'),
          content: fc.oneof(fc.string(), fc.array(block, { maxLength: 4 })),
        }),
        { maxLength: 6 },
      ),
      tools: fc.array(fc.record({ name: fc.string(), input_schema: fc.anything() }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(request, fc.nat(300_000), (each, tokens) => {
        expect(turnShapeSchema.safeParse(turnShapeOf(each, tokens)).success).toBe(true);
      }),
    );
  });
});
