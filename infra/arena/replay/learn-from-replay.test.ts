import { describe, expect, it } from 'vitest';
import { learnFromReplay, type ReplayOptions } from './learn-from-replay.ts';
import type { OutcomeMatrix } from './read-bfcl.ts';

const QUESTIONS = 100;
const SHAPES = ['worse', 'equal'] as const;
const DEAR = { id: 'dear', price: { input: 10, output: 10 } };
const CHEAP = { id: 'cheap', price: { input: 1, output: 1 } };

/** The dear model is right in 95 of 100 questions; the cheap one as often in one shape, and in 90 in the other. */
function matrixOfTwo(): OutcomeMatrix {
  const outcome = (right: boolean, price: number) => ({
    ...{ valid: right ? 1 : 0, costUsd: (2 * price) / 1e3, inputTokens: 1_000, outputTokens: 1_000 },
  });
  const rows = SHAPES.flatMap((name, shape) =>
    Array.from({ length: QUESTIONS }, (_, question) => ({
      shape,
      outcomes: [
        outcome(question % 20 !== 0, DEAR.price.input),
        outcome(name === 'worse' ? question % 10 !== 3 : question % 20 !== 3, CHEAP.price.input),
      ],
    })),
  );
  return { models: [DEAR, CHEAP], shapes: SHAPES, rows, priceDate: '' };
}

const OPTIONS: ReplayOptions = {
  ...{ seed: 5, learningCalls: 3_000, callsMax: 100_000, incumbent: 0 },
  governance: {
    ...{ exploration: 0.1, bootstrapShare: 0.5, weightStepMax: 1, exposureMax: 0.5 },
    ...{ rollout: { canary: 0.25 }, session: { idleMs: 0 } },
    alphas: { nonInferiorityMargin: 0.02 },
  },
};

describe('a replay from cold', () => {
  const matrix = matrixOfTwo();
  const train = [...matrix.rows.keys()];

  it('gives a cheaper model the shape in which its canary was as good, and not the one in which it was five points worse', () => {
    for (const seed of [5, 6]) {
      const { models, endings } = learnFromReplay(matrix, train, { ...OPTIONS, seed });
      expect(models).toEqual([0, 1]);
      expect(endings.promote).toBe(1);
      expect(endings.rollBack).toBeGreaterThanOrEqual(1);
    }
  });

  it('changes nothing before a canary has ended, however much routing has learned', () => {
    const governance = { ...OPTIONS.governance, rollout: { canary: 0.25, minSessions: 5_000, maxSessions: 5_000 } };
    const { models, endings } = learnFromReplay(matrix, train, { ...OPTIONS, callsMax: 10_000, governance });
    expect(models).toEqual([0, 0]);
    expect(endings).toEqual({ promote: 0, rollBack: 0, inconclusive: 0 });
  });

  it('is the same from the same seed', () => {
    const run = () => learnFromReplay(matrix, train, { ...OPTIONS, learningCalls: 1_000, callsMax: 20_000 });
    expect(run()).toEqual(run());
  });
});
