import { proportionInterval } from '../../arena/intervals.ts';
import type { WrittenFigure } from '../scoring/scoring-report.ts';
import { killAndResume } from './kill-and-resume.ts';
import { NOISE, OPTIMIZERS } from './landscape-figures.ts';
import { hashIndex } from './landscapes/hash-uniform.ts';
import { worldName } from './landscapes/world.ts';
import { writtenFigure } from './median-figure.ts';

const BUDGET = 240;
const WORLDS = 2;
const KILLS = 3;
/** A process is killed after at least one call and at most this many. */
const CALLS_MAX = 160;

/** Share of killed searches whose history, result and state are those of the search that nobody killed. */
export async function resumeFigures({ quick }: { readonly quick: boolean }): Promise<WrittenFigure[]> {
  let [equal, searches] = [0, 0];
  for (const optimizer of OPTIMIZERS) {
    for (let seed = 1; seed <= (quick ? 1 : WORLDS); seed += 1) {
      const landscape = seed % 2 === 1 ? 'L6' : 'L5';
      const world = worldName({ landscape, constants: 'frozen', seed, noise: NOISE });
      const search = { optimizer, world, budget: BUDGET };
      const whole = await killAndResume(search, []);
      const killAfter = Array.from({ length: KILLS }, (_, kill) => 1 + hashIndex(CALLS_MAX, optimizer, world, kill));
      const killed = await killAndResume(search, killAfter);
      searches += 1;
      if (killed.kills > 0 && killed.result === whole.result && killed.checkpoint === whole.checkpoint) equal += 1;
      else console.error(`not equal after ${killed.kills} kills: ${optimizer} on ${world}`);
    }
  }
  const interval = proportionInterval(equal, searches);
  return [writtenFigure({ id: 'resume_equal', value: equal / searches, op: '>=', bar: 1, n: searches, interval })];
}
