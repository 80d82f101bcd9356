import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROPERTY } from '#shared/testing/property.ts';
import { createRandomStream } from '../contract/random-stream.ts';
import { DEFAULT_TEMPLATE, isTemplate, withDemonstrations } from './demonstrations.ts';
import { type ChoiceSpace, nextChoice, type TriedChoice } from './next-choice.ts';
import { subsetSurrogate } from './subset-surrogate.ts';

const row = (input: string, expected: string) => ({
  ...{ id: input, input, expected, group: input, stratum: '', component: null },
});
const layout = { template: DEFAULT_TEMPLATE, separator: '\n\n', title: 'Examples:', position: 'append' } as const;

describe('demonstrations', () => {
  it('stand after the instruction or before it, and are left out when there are none', () => {
    const shown = [row('2+2', '4'), row('3+3', '6')];
    expect(withDemonstrations('Add.', shown, layout)).toBe('Add.\n\nExamples:\n2+2\nAnswer: 4\n\n3+3\nAnswer: 6');
    expect(withDemonstrations('Add.', shown, { ...layout, position: 'prepend' })).toMatch(
      /^Examples:[\s\S]*\n\nAdd\.$/,
    );
    expect(withDemonstrations('Add.', [], layout)).toBe('Add.');
  });

  it('hold any text as it is: braces, dollars and slots within it are text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (input, answer) => {
        const hard = [row(`{"a": 1} $& [[answer]] ${input}`, `{answer} $1 ${answer}`)];
        expect(withDemonstrations('Do.', hard, layout)).toBe(
          `Do.\n\nExamples:\n{"a": 1} $& [[answer]] ${input}\nAnswer: {answer} $1 ${answer}`,
        );
      }),
      PROPERTY,
    );
  });

  it('take a template only with both slots', () => {
    expect([DEFAULT_TEMPLATE, '[[input]]', 'Q: {input} A: {answer}', ''].map(isTemplate)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

const space: ChoiceSpace = {
  ...{
    encoding: 'bits',
    poolSize: 12,
    instructions: 2,
    least: 2,
    most: 5,
    fixed: [3],
    startupTrials: 6,
    candidates: 12,
  },
};

/** Chooses so many times, on rows that are solved when one of two members is shown. */
function choose(times: number, seed: number, given: ChoiceSpace): TriedChoice[] {
  const streams = new Map<string, ReturnType<typeof createRandomStream>>();
  const random = (purpose: string) => {
    const stream = streams.get(purpose) ?? createRandomStream(seed, purpose);
    streams.set(purpose, stream);
    return stream;
  };
  const tried: TriedChoice[] = [];
  for (let trial = 0; trial < times; trial += 1) {
    const choice = nextChoice(tried, given, random);
    if (choice === null) break;
    const rowScores = Array.from({ length: 12 }, (_, index) =>
      choice.members[index] === 1 || choice.members[(index + 5) % 12] === 1 ? 1 : 0,
    );
    tried.push({ choice, rowScores });
  }
  return tried;
}

describe('the next choice', () => {
  it.each(['bits', 'slots'] as const)(
    'keeps to its limits, holds the fixed members, and repeats none, as %s',
    (encoding) => {
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const tried = choose(14, seed, { ...space, encoding });
          for (const { choice } of tried) {
            const count = choice.members.reduce((sum, member) => sum + member, 0);
            expect(count >= 2 && count <= 5 && choice.members[3] === 1).toBe(true);
            expect([0, 1]).toContain(choice.instruction);
          }
          const keys = tried.map(({ choice }) => `${choice.instruction}:${choice.members.join('')}`);
          expect(new Set(keys).size).toBe(keys.length);
        }),
        { numRuns: Math.min(30, PROPERTY.numRuns) },
      );
    },
  );

  it('ends when everything has been tried', () => {
    const tiny: ChoiceSpace = { ...space, poolSize: 3, instructions: 1, least: 1, most: 1, fixed: [] };
    expect(choose(20, 1, tiny).length).toBe(3);
  });
});

describe('the model of single rows', () => {
  it('foretells for every row which members solve it', () => {
    const random = createRandomStream(4, 'subsets');
    // The first row is solved by the first member, the second row by the second one; the third row never is.
    const tried = Array.from({ length: 24 }, () => {
      const members = Array.from({ length: 6 }, () => random.integer(2));
      return { members, rowScores: [members[0]!, members[1]!, 0] };
    });
    const predict = subsetSurrogate(tried);
    const [both, one, none] = [predict([1, 1, 0, 0, 1, 0]), predict([1, 0, 0, 1, 1, 0]), predict([0, 0, 1, 1, 1, 0])];
    expect(both).toBeGreaterThan(0.55);
    expect(both - one).toBeGreaterThan(0.2);
    expect(one - none).toBeGreaterThan(0.2);
    expect(none).toBeLessThan(0.15);
  });

  it('says nothing certain of rows without a score', () => {
    const predict = subsetSurrogate([{ members: [1, 0], rowScores: [null, null] }]);
    expect(predict([1, 1])).toBeCloseTo(0.5, 9);
  });
});
