import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Figure } from './figure.ts';
import { arenaPlots } from './plots/arena-plots.ts';
import { bfclReplay } from './replay/bfcl-figures.ts';
import { paretoBanditReplay } from './replay/paretobandit-replay.ts';
import { routeLlmReplay } from './replay/routellm-replay.ts';
import { statisticsFigures } from './statistics/statistics-figures.ts';
import { swapFigures } from './swap/swap-figures.ts';
import { measureArena } from './world/measure-arena.ts';
import { type ArenaReportParts, writeArenaPage } from './write-arena-page.ts';

const PARTS = ['statistics', 'swap', 'drift', 'replay'] as const;
const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));
const SEED = 20_261_123;

const HELP = `Measure how well the loop decides: rollouts and alarms on simulated sessions, routing in drifting worlds beside ten
baselines, and replays of recorded outcomes. All through the code that runs in production.

  [TRIMTAB_REAL_DATA=DIR] npm run bench:arena -- [--quick] [--json [FILE]] [--write] [--only PART] [--seed N]

  --quick      small numbers, for a look of about a minute
  --json FILE  write the figures as JSON, to FILE or (without one) to the screen
  --write      write docs/arena.md and its plots
  --only PART  only ${PARTS.join(', ')}; may be given several times
  --seed N     another seed (default ${SEED})

Replays and the swap of a recorded model read TRIMTAB_REAL_DATA; without it they are left out, and the report says so.`;

const words = process.argv.slice(2).map((word, index, all) => {
  const next = all[index + 1];
  return word === '--json' && (next === undefined || next.startsWith('--')) ? '--json=-' : word;
});
const { values } = parseArgs({
  args: words,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: String(SEED) },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const unknown = values.only.find((part) => !PARTS.some((known) => known === part));
  if (unknown !== undefined) {
    console.error(`There is no part ${unknown}: ${PARTS.join(', ')}.`);
    process.exitCode = 1;
    return;
  }
  const report = await measure();
  const { figures, environment } = report;
  const json = `${JSON.stringify({ figures, environment }, null, 2)}\n`;
  if (values.write) write(report);
  if (values.json === '-') process.stdout.write(json);
  else for (const figure of figures) console.log(line(figure));
  if (values.json !== undefined && values.json !== '-') writeFileSync(values.json, json);
}

async function measure(): Promise<ArenaReportParts> {
  const startedAt = performance.now();
  const progress = (text: string) => process.stderr.write(`  ${text}\n`);
  const options = { quick: values.quick, seed: Number.parseInt(values.seed, 10), progress };
  const wanted = (part: (typeof PARTS)[number]) => values.only.length === 0 || values.only.includes(part);
  const folder = process.env['TRIMTAB_REAL_DATA'];
  const dataDirectory = folder === undefined || folder === '' ? null : resolve(folder);
  const replays = wanted('replay') && dataDirectory !== null;
  const statistics = wanted('statistics') ? await statisticsFigures(options) : [];
  const swap = wanted('swap') && dataDirectory !== null ? await swapFigures({ ...options, dataDirectory }) : [];
  const arena = wanted('drift') ? await measureArena(options) : null;
  const bfcl = replays ? bfclReplay(dataDirectory, options) : null;
  const missing = dataDirectory === null && (wanted('replay') || wanted('swap'));
  return {
    figures: [...statistics, ...swap, ...(arena?.figures ?? []), ...(bfcl?.figures ?? [])],
    ...{ arena, bfcl },
    routeLlm: replays ? routeLlmReplay(dataDirectory) : null,
    paretoBandit: replays ? paretoBanditReplay(dataDirectory, options.seed) : null,
    notMeasured: [
      ...(missing ? ['Replays and the swap of a recorded model: TRIMTAB_REAL_DATA is not set.'] : []),
      ...PARTS.filter((part) => !wanted(part)).map((part) => `${part}: not asked for.`),
      'The time from a rollback to every gateway: `npm run bench:rollback`.',
    ],
    environment: {
      ...{ node: process.version, cpus: cpus().length, quick: values.quick, seed: options.seed },
      seconds: Math.round((performance.now() - startedAt) / 1_000),
      writtenAt: new Date().toISOString(),
    },
  };
}

function write(report: ArenaReportParts): void {
  writeFileSync(`${DOCS}arena.md`, writeArenaPage(report));
  if (report.arena === null) return;
  mkdirSync(`${DOCS}arena`, { recursive: true });
  for (const [name, svg] of arenaPlots(report.arena)) writeFileSync(`${DOCS}arena/${name}`, svg);
}

function line(figure: Figure): string {
  const [low, high] = figure.interval.map((bound) => bound.toPrecision(4));
  const verdict = figure.pass ? 'pass' : 'FAIL';
  return `${verdict}  ${figure.id.padEnd(26)} ${figure.value.toPrecision(4).padStart(9)} ${figure.op} ${figure.bar.toPrecision(3)}   n ${figure.n}, 95 % [${low}, ${high}]`;
}
