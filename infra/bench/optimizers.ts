import { PROMPT_OPTIMIZERS } from '../../services/optimizer/prompts/registry.ts';
import type { LandscapeName } from './optimizers/landscapes/world-constants.ts';
import { measureSearch } from './optimizers/measure-search.ts';

const options = process.argv.slice(2);
const textAfter = (name: string) => options[options.indexOf(name) + 1];
const landscape = (textAfter('--landscape') ?? 'L1') as LandscapeName;
const budget = Number(options.includes('--budget') ? textAfter('--budget') : 400);
const noise = Number(options.includes('--noise') ? textAfter('--noise') : 0);
const seeds = Number(options.includes('--seeds') ? textAfter('--seeds') : 5);
const constants = options.includes('--constants') ? (textAfter('--constants') as 'drawn-1') : 'frozen';
for (const optimizer of PROMPT_OPTIMIZERS) {
  if (options.includes('--optimizer') && optimizer.name !== textAfter('--optimizer')) continue;
  const startedAt = performance.now();
  const scores: number[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    const measured = await measureSearch({ world: { landscape, constants, seed, noise }, optimizer, budget });
    scores.push(measured.heldOut);
    console.log(
      optimizer.name,
      seed,
      `heldOut ${measured.heldOut.toFixed(3)} train ${measured.train.toFixed(3)} seed ${measured.seedHeldOut.toFixed(3)} gap ${measured.claimGap.toFixed(3)}`,
      `improved ${measured.result.improved} stop ${measured.result.stop} calls ${measured.taskCalls} teacher ${measured.teacherCalls} candidates ${measured.result.history.length}`,
    );
  }
  scores.sort((left, right) => left - right);
  console.log(`median ${scores[Math.floor(scores.length / 2)]} in ${(performance.now() - startedAt).toFixed(0)} ms`);
}
