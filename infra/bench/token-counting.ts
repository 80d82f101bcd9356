import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import type { Figure } from '../arena/figure.ts';
import { COUNTED_MODEL, tokenFigures } from './token-figures.ts';

const HELP = `Measure our token counts against the usage that OpenAI reported for recorded runs of gpt-4.1 (tau2-bench).

  TRIMTAB_REAL_DATA=DIR node infra/bench/token-counting.ts [--quick] [--json [FILE]]

  tokens.delta_p90       prompt growth: prompt_tokens of an assistant turn less those of the one before in the same run,
                         against our count of the messages added between (the assistant's own and what followed it)
  tokens.completion_p90  completion_tokens of an assistant turn, against our count of its answer

Both are the 90th percentile of |ours - reported| / |reported| over all turns of all runs; n is the number of turns, the
interval one of 95 % by resampling whole runs.

  --json [FILE]  write the figures as JSON, to FILE or to the screen
  --quick        the same: it takes seconds`;

const options = process.argv.slice(2);
const jsonAt = options.indexOf('--json');
const jsonFile = jsonAt < 0 ? undefined : options[jsonAt + 1];
const dataFolder = process.env['TRIMTAB_REAL_DATA'];

if (options.includes('--help')) console.log(HELP);
else if (dataFolder === undefined || dataFolder === '') {
  console.error('Set TRIMTAB_REAL_DATA to the folder that has tau2-bench in it.');
  process.exitCode = 1;
} else report(tokenFigures(resolve(dataFolder)));

function report(figures: readonly Figure[]): void {
  const environment = { node: process.version, cpus: cpus().length, model: COUNTED_MODEL };
  const json = JSON.stringify({ figures, environment }, null, 2);
  if (jsonAt >= 0 && (jsonFile === undefined || jsonFile.startsWith('--'))) {
    console.log(json);
    return;
  }
  for (const { id, value, op, bar, pass, n, interval } of figures) {
    const range = interval.map((bound) => bound.toFixed(4)).join(', ');
    console.log(
      `${pass ? 'pass' : 'FAIL'}  ${id.padEnd(22)} ${value.toFixed(4)} ${op} ${bar}   n ${n}, 95 % [${range}]`,
    );
  }
  if (jsonFile !== undefined) writeFileSync(jsonFile, `${json}\n`);
}
