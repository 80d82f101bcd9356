import { describe, expect, it } from 'vitest';
import { readEnvironment } from '#shared/environment.ts';
import { falseAlarmFigures } from './false-alarms.ts';
import { outcomeFigures } from './outcomes.ts';
import { plantedSequenceCounts } from './planted-sequences.ts';

const FOLDER = readEnvironment(process.env).realDataDir;
if (FOLDER === undefined) {
  process.stdout.write(
    'SKIPPED: scorers of conversations are not held to recorded runs, TRIMTAB_REAL_DATA is not set\n',
  );
}

describe.skipIf(FOLDER === undefined)('scorers of conversations on recorded runs (TRIMTAB_REAL_DATA)', () => {
  const folder = FOLDER ?? '';

  it('find planted faults of every kind, a hundred and more of each, and blame the right one', () => {
    const counts = plantedSequenceCounts(folder);
    expect(counts.length).toBeGreaterThanOrEqual(18);
    for (const { kind, planted, found, ownerRight } of counts) {
      expect(planted, kind).toBeGreaterThanOrEqual(100);
      expect(found / planted, kind).toBeGreaterThanOrEqual(0.95);
      expect(ownerRight / found, kind).toBeGreaterThanOrEqual(0.99);
    }
    const sum = (field: 'planted' | 'found') => counts.reduce((total, count) => total + count[field], 0);
    expect(sum('found') / sum('planted')).toBeGreaterThanOrEqual(0.99);
  });

  it('raise hardly any false alarm in runs that did their task, and mine true outcomes', () => {
    for (const figure of [...falseAlarmFigures(folder), ...outcomeFigures(folder)]) {
      expect(figure.pass ?? true, `${figure.id} ${figure.value}`).toBe(true);
      expect(figure.n, figure.id).toBeGreaterThan(20);
    }
  });
});
