import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DRAIN_WILDCARD, type DrainState, emptyDrain } from './drain-state.ts';
import { minePatterns } from './mine-patterns.ts';
import { mineTemplate } from './mine-template.ts';

function mineAll(texts: readonly string[], from: DrainState = emptyDrain()): DrainState {
  return texts.reduce((state, text) => mineTemplate(state, text).state, from);
}

const texts = fc
  .array(
    fc.array(fc.constantFrom('tool', 'call', 'failed', 'read', 'write', 'file', 'on', 'alpha', 'beta'), {
      minLength: 1,
      maxLength: 6,
    }),
    { maxLength: 25 },
  )
  .map((lines) => lines.map((words) => words.join(' ')));

describe('mined templates', () => {
  it('replace the words in which lines of one kind differ', () => {
    const lines = ['the call of tool search failed at once', 'the call of tool create failed at once'];
    const { state, template } = mineTemplate(mineAll(lines.slice(0, 1)), lines[1]!);
    expect(template).toBe(`the call of tool ${DRAIN_WILDCARD} failed at once`);
    expect(state.groups).toHaveLength(1);
  });

  it('keep lines apart that differ in length, in their first words or in most words', () => {
    const lines = ['the call failed', 'the call failed twice', 'no call failed', 'the call succeeded in part'];
    expect(mineAll(lines).groups).toHaveLength(4);
  });

  it('count every line once and fit every line that they took', () => {
    fc.assert(
      fc.property(texts, (lines) => {
        let state = emptyDrain();
        const groupOf = lines.map((line) => {
          const mined = mineTemplate(state, line);
          state = mined.state;
          return mined.groupId;
        });
        expect(state.groups.reduce((sum, group) => sum + group.count, 0)).toBe(lines.length);
        lines.forEach((line, index) => {
          const { words } = state.groups[groupOf[index]!]!;
          expect(words).toHaveLength(line.split(' ').length);
          line.split(' ').forEach((word, at) => {
            expect([word, DRAIN_WILDCARD]).toContain(words[at]);
          });
        });
      }),
      { numRuns: 200 },
    );
  });

  it('go on from a stored state as if they had never stopped', () => {
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const stored = JSON.parse(JSON.stringify(mineAll(before))) as DrainState;
        expect(mineAll(after, stored)).toEqual(mineAll([...before, ...after]));
      }),
      { numRuns: 200 },
    );
  });

  it('leave a line as it is when there are as many groups as there may be', () => {
    const { state } = mineTemplate(emptyDrain({ groupsMax: 1 }), 'one');
    expect(mineTemplate(state, 'another line')).toEqual({ state, groupId: null, template: 'another line' });
  });
});

describe('patterns of templates', () => {
  const facts = { stage: 'tool_use', check: 'refused', mass: 1 };

  it('are one text for templates of one class that differ in a word, and never reach over classes', () => {
    const text = (tool: string) => `the tool ${tool} has refused the call`;
    const patterns = minePatterns([
      { ...facts, id: 'a', text: text('search') },
      { ...facts, id: 'b', text: text('create') },
      { ...facts, id: 'c', check: 'timeout', text: text('delete') },
    ]);
    expect(Object.fromEntries(patterns)).toEqual({
      ...{ a: text(DRAIN_WILDCARD), b: text(DRAIN_WILDCARD), c: text('delete') },
    });
  });

  it('do not depend on the order of the templates', () => {
    fc.assert(
      fc.property(texts, (lines) => {
        const all = lines.map((text, index) => ({ ...facts, id: `t${index}`, mass: 1 + (index % 3), text }));
        const sorted = (each: typeof all) => [...minePatterns(each)].sort(([left], [right]) => (left < right ? -1 : 1));
        expect(sorted(all.toReversed())).toEqual(sorted(all));
      }),
      { numRuns: 200 },
    );
  });
});
