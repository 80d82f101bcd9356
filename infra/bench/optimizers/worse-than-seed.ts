import { PROMPT_OPTIMIZERS } from '../../../services/optimizer/prompts/registry.ts';
import { proportionInterval } from '../../arena/intervals.ts';
import type { WrittenFigure } from '../scoring/scoring-report.ts';
import { NOISE } from './landscape-figures.ts';
import { createWorld } from './landscapes/world.ts';
import { measureSearch } from './measure-search.ts';
import { writtenFigure } from './median-figure.ts';

const RUNS = 1_000;
const RUNS_QUICK = 90;
const BUDGET = 400;
/** True scores that a seed must have to be taken. */
const SEED_LEAST = 0.4;
const SEED_MOST = 0.8;
/** Worlds of these runs are none of those that scores are measured on. */
const FIRST_SEED = 50_001;

/** How often, from a seed that is fair already and with a noisy judge, a truly worse prompt comes back. */
export async function worseThanSeedFigures({ quick }: { readonly quick: boolean }): Promise<WrittenFigure[]> {
  const runs = quick ? RUNS_QUICK : RUNS;
  let [done, worse, better] = [0, 0, 0];
  for (let seed = FIRST_SEED; done < runs; seed += 1) {
    const spec = { landscape: 'L1', constants: 'frozen', seed, noise: NOISE, seedRules: 6 + (seed % 4) } as const;
    const world = createWorld(spec);
    const score = world.trueScore(world.task.seed, world.rows.heldOut);
    const optimizer = PROMPT_OPTIMIZERS[done % PROMPT_OPTIMIZERS.length];
    if (score < SEED_LEAST || score > SEED_MOST || optimizer === undefined) continue;
    const { heldOut, seedHeldOut } = await measureSearch({ world: spec, optimizer, budget: BUDGET });
    if (heldOut < seedHeldOut) worse += 1;
    if (heldOut > seedHeldOut) better += 1;
    done += 1;
  }
  const interval = proportionInterval(worse, runs);
  return [
    writtenFigure({ id: 'worse_than_seed', value: worse / runs, op: '<=', bar: 0.01, n: runs, interval }),
    writtenFigure({
      ...{ id: 'better_than_seed', value: better / runs, op: '>=', bar: null, n: runs },
      interval: proportionInterval(better, runs),
    }),
  ];
}
