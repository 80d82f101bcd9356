import { expect, it } from 'vitest';
import { runMove, smallTask } from '../moves/testing/run-move.ts';
import { type MetaPromptOptions, metaPromptOptionsSchema } from './meta-prompt-options.ts';
import { trajectoryOf } from './trajectory.ts';

/** A prompt of n letters x is right on n of six rows. */
function trajectory(options: Partial<MetaPromptOptions>) {
  return runMove<ReturnType<typeof trajectoryOf>, MetaPromptOptions>(
    smallTask(),
    function* (context) {
      const { book, task } = context;
      for (const text of ['xxx', 'x', 'xxxxx', 'xx']) {
        const candidate = book.add({ prompt: { prefix: text }, parents: [book.seed.id], operator: 'test' });
        const rowIds = text === 'xx' ? ['s0'] : task.splits.select;
        yield* context.evaluate([{ candidateId: candidate?.id ?? '', rowIds, purpose: 'select' }]);
      }
      return trajectoryOf(context, 'prefix');
    },
    { score: (text, rowId) => ({ score: Number(rowId.slice(1)) < text.length ? 1 : 0 }) },
    metaPromptOptionsSchema.parse(options),
  ).result;
}

it('shows fully scored prompts, worst first, with scores in steps', () => {
  expect(trajectory({})).toEqual([
    { prompt: 'x', score: 0.17 },
    { prompt: 'xxx', score: 0.5 },
    { prompt: 'xxxxx', score: 0.83 },
  ]);
});

it('shows the best of them alone when it may not show all, and none below the threshold', () => {
  expect(trajectory({ trajectoryLength: 2 }).map(({ prompt }) => prompt)).toEqual(['xxx', 'xxxxx']);
  expect(trajectory({ scoreThreshold: 0.6, scoreBuckets: 10 })).toEqual([{ prompt: 'xxxxx', score: 0.8 }]);
});
