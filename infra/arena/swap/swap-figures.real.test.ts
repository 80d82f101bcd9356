import { describe, expect, it } from 'vitest';
import { readEnvironment } from '#shared/environment.ts';
import { readSwapOutcomes } from './read-swap-outcomes.ts';
import { swapFigures } from './swap-figures.ts';

const FOLDER = readEnvironment(process.env).realDataDir;
if (FOLDER === undefined) {
  process.stdout.write('SKIPPED: rollouts are not held to a recorded swap of models, TRIMTAB_REAL_DATA is not set\n');
}

describe.skipIf(FOLDER === undefined)('a recorded swap of models', () => {
  const dataDirectory = FOLDER ?? '';

  it('has outcomes of the same tasks before and after, good and bad ones', () => {
    const { before, after } = readSwapOutcomes(dataDirectory, ['telecom_default', 'telecom_no-user']);
    expect(before.map((rewards) => rewards.length)).toEqual(after.map((rewards) => rewards.length));
    for (const rewards of [...before, ...after]) {
      expect(rewards.length).toBeGreaterThan(10);
      expect(new Set(rewards)).toEqual(new Set([0, 1]));
    }
  });

  it('is recognised and taken back, the same every time', async () => {
    const heard: string[] = [];
    const options = { quick: true, seed: 3, dataDirectory, runs: 6, progress: (line: string) => heard.push(line) };
    const figures = await swapFigures(options);
    expect(figures.map(({ id, n }) => [id, n])).toEqual([
      ['swap_up', 6],
      ['swap_up_promoted', 6],
      ['swap_down', 6],
      ['swap_null', 12],
    ]);
    // The bench has the runs to hold shares; so few can only show which way things go.
    expect(figures.slice(0, 3).map(({ pass }) => pass)).toEqual([true, true, true]);
    expect(heard).toHaveLength(5);
    expect(await swapFigures(options)).toEqual(figures);
  });
});
