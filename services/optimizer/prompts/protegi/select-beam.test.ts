import { describe, expect, it } from 'vitest';
import type { Candidate } from '../contract/candidate-book.ts';
import { runMove, smallTask } from '../moves/testing/run-move.ts';
import { type ProtegiOptions, protegiOptionsSchema } from './protegi-options.ts';
import { selectBeam } from './select-beam.ts';

/** A prompt `n` is right on the first n rows; six rows in all. */
function select(texts: readonly string[], budget: number, options: Partial<ProtegiOptions>, noisy = false) {
  const ran = runMove<readonly Candidate[], ProtegiOptions>(
    smallTask(),
    function* (context) {
      const pool = texts.flatMap(
        (text) => context.book.add({ prompt: { prefix: text }, parents: [], operator: 'test' }) ?? [],
      );
      return yield* selectBeam(context, pool, budget, noisy);
    },
    { score: (text, rowId) => ({ score: Number(rowId.slice(1)) < Number(text) ? 1 : 0 }) },
    { ...protegiOptionsSchema.parse({}), ...options },
  );
  const evaluations = ran.requests.flatMap((request) => (request.kind === 'evaluate' ? [request] : []));
  return {
    beam: ran.result.map(({ prompt }) => prompt['prefix']),
    spent: evaluations.reduce((sum, { rowIds }) => sum + rowIds.length, 0),
    samples: new Set(evaluations.map(({ sample }) => sample)),
    rows: new Set(evaluations.flatMap(({ rowIds }) => rowIds)),
  };
}

describe('the choice of the next beam', () => {
  it.each(['ucb', 'ucb-e', 'successive-rejects', 'successive-halving', 'brute-force'] as const)(
    'finds the best by %s on rows of the select split, best first',
    (selector) => {
      const chosen = select(['1', '6', '0', '3', '5', '2'], 200, { selector, beamSize: 2 });
      expect(chosen.beam).toEqual(['6', '5']);
      expect([...chosen.rows].every((rowId) => rowId.startsWith('s'))).toBe(true);
    },
  );

  it('spends no more than its budget, whatever the selector would like', () => {
    for (const selector of ['ucb', 'successive-rejects', 'brute-force'] as const) {
      for (const budget of [0, 5, 11, 17]) {
        expect(select(['1', '2', '3', '4', '5'], budget, { selector, beamSize: 1 }).spent).toBeLessThanOrEqual(budget);
      }
    }
  });

  it('repeats rows only where scores are noisy', () => {
    const options = { selector: 'successive-rejects', beamSize: 1 } as const;
    expect([...select(['1', '2', '6'], 90, options).samples]).toEqual([0]);
    expect(select(['1', '2', '6'], 90, options, true).samples.size).toBeGreaterThan(1);
  });
});
