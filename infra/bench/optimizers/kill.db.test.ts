import { describe, expect, it } from 'vitest';
import { PROMPT_OPTIMIZERS } from '../../../services/optimizer/prompts/registry.ts';
import { httpFigures } from './http-equal.ts';
import { killAndResume } from './kill-and-resume.ts';
import { worldName } from './landscapes/world.ts';

const WORLD = worldName({ landscape: 'L6', constants: 'frozen', seed: 2, noise: 0.15 });

describe('a search in a process that is killed', () => {
  it.each(PROMPT_OPTIMIZERS.map(({ name }) => name))(
    'comes to the same bytes as one that is not: %s',
    async (optimizer) => {
      const search = { optimizer, world: WORLD, budget: 100 };
      const whole = await killAndResume(search, []);
      const killed = await killAndResume(search, [25, 60]);
      expect(killed.kills).toBeGreaterThan(0);
      expect(killed.result).toBe(whole.result);
      expect(killed.checkpoint).toBe(whole.checkpoint);
    },
  );
});

describe('the mock over HTTP', () => {
  it('gives every optimizer the search that the function in this process gives it', async () => {
    const [figure] = await httpFigures();
    expect(figure).toMatchObject({ id: 'http_equal', value: 1 });
  });
});
