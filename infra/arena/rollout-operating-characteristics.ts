import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Figure } from './figure.ts';
import { falseRollBacks, pairsToRollBack, promotionsOfWorse, type RolloutFigureOptions } from './rollout-figures.ts';

/** Enough for an upper bound of 1.9 % beside 1 % of false rollbacks, and ten times that for a release. */
const QUICK_RUNS = 1_000;
const FULL_RUNS = 10_000;

const HELP = `Measure how often rollouts decide wrongly and how soon they decide rightly, on simulated sessions.

  node infra/arena/rollout-operating-characteristics.ts [--quick] [--strata N] [--json FILE]

  --quick      ${QUICK_RUNS} runs of each world instead of ${FULL_RUNS}
  --strata N   spread the sessions over N strata (default 1)
  --json FILE  write the figures as JSON`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    strata: { type: 'string', default: '1' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else measure({ runs: values.quick ? QUICK_RUNS : FULL_RUNS, strata: Math.max(1, Number.parseInt(values.strata, 10)) });

function measure(options: RolloutFigureOptions): void {
  const figures: Figure[] = [];
  const add = (measured: readonly Figure[]) => {
    figures.push(...measured);
    for (const figure of measured) console.log(line(figure));
  };
  add([falseRollBacks(options)]);
  add([promotionsOfWorse(options)]);
  add(pairsToRollBack(options, 10, 100));
  add(pairsToRollBack(options, 20, 45));
  add(pairsToRollBack(options, 50, 18));
  if (values.json === undefined) return;
  const environment = { node: process.version, cpus: cpus().length, runs: options.runs, strata: options.strata };
  writeFileSync(values.json, `${JSON.stringify({ figures, environment }, null, 2)}\n`);
}

function line(figure: Figure): string {
  const [low, high] = figure.interval.map((bound) => bound.toPrecision(3));
  const verdict = figure.pass ? 'pass' : 'FAIL';
  return `${verdict}  ${figure.id.padEnd(18)} ${figure.value.toPrecision(3).padStart(8)} ${figure.op} ${figure.bar}   n ${figure.n}, 95 % [${low}, ${high}]`;
}
