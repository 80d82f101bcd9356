import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '#shared/environment.ts';
import { panelFigures } from './panel.ts';
import { repeatsFigures } from './repeats.ts';
import { triageFigures } from './triage.ts';
import { readTau2Examples, readTauExamples } from './triage-runs.ts';

const FOLDER = readEnvironment(process.env).realDataDir ?? '';
const isThere = existsSync(join(FOLDER, 'tau2-bench'));
if (!isThere) process.stdout.write('SKIPPED: triage on recorded runs, TRIMTAB_REAL_DATA does not lead to them\n');

const MINUTES = 60_000;

describe.skipIf(!isThere)('triage and panels on recorded runs and verdicts', () => {
  it('reads every labelled run, and of what only the simulated user saw nothing', () => {
    const examples = [...readTau2Examples(FOLDER), ...readTauExamples(FOLDER)];
    expect(examples.length).toBeGreaterThan(250);
    for (const { features } of examples) {
      for (const [name, value] of Object.entries(features))
        expect([name, Number.isFinite(value)]).toEqual([name, true]);
    }
    expect(new Set(examples.map(({ label }) => label))).toEqual(new Set([0, 1]));
  });

  it(
    'tells runs that ended well from those that did not, better than any single feature',
    () => {
      const figures = triageFigures(FOLDER, { quick: true });
      expect(figures.map(({ id, pass }) => [id, pass])).toEqual([
        ['G5', true],
        ['G5gain', true],
      ]);
    },
    5 * MINUTES,
  );

  it(
    'loses nothing by a weighted panel, and next to nothing by stopping early',
    () => {
      const figures = [...panelFigures(FOLDER, { quick: true }), ...repeatsFigures(FOLDER, { quick: true })];
      expect(figures.map(({ id, pass }) => [id, pass])).toEqual([
        ['G9', true],
        ['G10', true],
        ['G10calls', true],
      ]);
    },
    5 * MINUTES,
  );
});
