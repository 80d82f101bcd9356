import { describe, expect, it } from 'vitest';
import { readEnvironment } from '#shared/environment.ts';
import { tokenFigures } from './token-figures.ts';

const FOLDER = readEnvironment(process.env).realDataDir;
if (FOLDER === undefined) {
  process.stdout.write('SKIPPED: token counts are not held to recorded usage, TRIMTAB_REAL_DATA is not set\n');
}

describe.skipIf(FOLDER === undefined)('token counts on recorded usage (TRIMTAB_REAL_DATA)', () => {
  it('are within their bars, of a thousand turns and more', () => {
    const figures = tokenFigures(FOLDER ?? '');
    expect(figures.map(({ id }) => id)).toEqual(['tokens.delta_p90', 'tokens.completion_p90']);
    for (const figure of figures) {
      expect(figure.pass, `${figure.id} ${figure.value}`).toBe(true);
      expect(figure.n).toBeGreaterThan(500);
    }
  });
});
