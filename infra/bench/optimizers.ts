import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCellStore, type WorldSet } from './optimizers/cell.ts';
import { OPTIMIZER_GOALS } from './optimizers/goals.ts';
import type { ConstantsName } from './optimizers/landscapes/world-constants.ts';
import type { OptimizerReport } from './optimizers/optimizer-report.ts';
import { writeOptimizersPage } from './optimizers/write-optimizers-page.ts';
import type { WrittenFigure } from './scoring/scoring-report.ts';

const HELP = `Measure the prompt optimizers on simulated tasks: what they return, what they claim, what they cost.

  npm run bench:optimizers -- [--json [FILE]] [--quick] [--only NAME,NAME] [--constants NAME] [--write [FILE]]

  --json [FILE]      write the figures as JSON, to FILE or to the screen
  --quick            the figures alone, without the tables of all budgets and other worlds: five minutes at most
  --only A,B         only these goals: ${OPTIMIZER_GOALS.map((goal) => goal.name).join(', ')}
  --constants NAME   worlds of other constants, drawn by seed: drawn-1, drawn-2, ...
  --first-seed N     first seed of the worlds; 1 if absent
  --cells FILE       keep measured cells in FILE, and go on from there after an interruption
  --write [FILE]     write docs/optimizers.md from what was measured now, or from FILE that an earlier --json has left

Exit code 1 says that a goal broke or that a figure misses its bar.`;

const SEEDS = 20;
const SEEDS_QUICK = 20;
/** Worlds that nothing was ever tuned on. */
const ELSEWHERE: readonly { readonly worlds: string; readonly set: WorldSet }[] = [
  { worlds: 'other seeds', set: { constants: 'frozen', firstSeed: 9_001, seeds: SEEDS } },
  { worlds: 'other constants (drawn-11) and seeds', set: { constants: 'drawn-11', firstSeed: 9_101, seeds: SEEDS } },
  { worlds: 'other constants (drawn-12) and seeds', set: { constants: 'drawn-12', firstSeed: 9_201, seeds: SEEDS } },
];
const PAGE = fileURLToPath(new URL('../../docs/optimizers.md', import.meta.url));

const options = process.argv.slice(2);
const quick = options.includes('--quick');

if (options.includes('--help')) console.log(HELP);
else await run();

async function run(): Promise<void> {
  const earlier = valueAfter('--write');
  const jsonFile = valueAfter('--json');
  // What is measured is on disk after every goal: a long measurement that is cut off has not been for nothing.
  const keep = (report: OptimizerReport) => {
    if (jsonFile !== undefined) writeFileSync(jsonFile, asJson(report));
  };
  const report =
    earlier === undefined ? await measure(keep) : (JSON.parse(readFileSync(earlier, 'utf8')) as OptimizerReport);
  if (options.includes('--write')) writePage(report);
  if (earlier === undefined && jsonFile === undefined && options.includes('--json')) {
    process.stdout.write(asJson(report));
  }
}

function asJson(report: OptimizerReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

function writePage(report: OptimizerReport): void {
  const { page, plots } = writeOptimizersPage(report);
  writeFileSync(PAGE, page);
  const folder = join(dirname(PAGE), 'optimizers');
  mkdirSync(folder, { recursive: true });
  for (const [file, plot] of Object.entries(plots)) writeFileSync(join(folder, file), plot);
}

async function measure(keep: (report: OptimizerReport) => void): Promise<OptimizerReport> {
  const seeds = quick ? SEEDS_QUICK : SEEDS;
  const file = valueAfter('--cells') ?? null;
  const constants = (valueAfter('--constants') ?? 'frozen') as ConstantsName;
  const cells = createCellStore({ constants, firstSeed: Number(valueAfter('--first-seed') ?? 1), seeds }, file);
  const environment = { node: process.version, cpus: cpus().length, quick, seeds, writtenAt: new Date().toISOString() };
  const notMeasured = OPTIMIZER_GOALS.filter((goal) => !chosenGoals().includes(goal)).map(({ name }) => ({
    ...{ goal: name, reason: 'left out of this run by `--only`' },
  }));
  const figures: WrittenFigure[] = [];
  const elsewhere: { worlds: string; figures: WrittenFigure[] }[] = [];
  const report = () => ({ figures, cells: cells.all(), elsewhere, notMeasured, environment });
  for (const goal of chosenGoals()) {
    figures.push(...(await measureGoal(goal, cells, notMeasured)));
    keep(report());
  }
  if (quick || options.includes('--only')) {
    notMeasured.push({ goal: 'other seeds and constants', reason: 'left out of this run' });
  } else {
    for (const { worlds, set } of ELSEWHERE) {
      console.error(`on ${worlds}`);
      const moved = { worlds, figures: [] as WrittenFigure[] };
      const others = createCellStore(set, file);
      elsewhere.push(moved);
      for (const goal of OPTIMIZER_GOALS.filter((each) => each.elsewhere)) {
        moved.figures.push(...(await measureGoal(goal, others, notMeasured)));
        keep(report());
      }
    }
  }
  return report();
}

/** One goal; if it breaks it is reported, and does not keep the others from being measured. */
async function measureGoal(
  goal: (typeof OPTIMIZER_GOALS)[number],
  cells: ReturnType<typeof createCellStore>,
  notMeasured: { goal: string; reason: string }[],
): Promise<readonly WrittenFigure[]> {
  const startedAt = performance.now();
  try {
    const figures = await goal.measure(cells, { quick });
    for (const figure of figures) console.error(lineOf(figure));
    if (figures.some(({ pass }) => pass === false)) process.exitCode = 1;
    return figures;
  } catch (error) {
    notMeasured.push({
      goal: goal.name,
      reason: `it broke: ${error instanceof Error ? error.message : String(error)}`,
    });
    console.error(`FAIL  ${goal.name} broke:`, error);
    process.exitCode = 1;
    return [];
  } finally {
    console.error(`      ${goal.name} took ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
  }
}

function chosenGoals(): readonly (typeof OPTIMIZER_GOALS)[number][] {
  const only = options.indexOf('--only');
  if (only < 0) return OPTIMIZER_GOALS;
  const names = (options[only + 1] ?? '').split(',');
  const unknown = names.filter((name) => !OPTIMIZER_GOALS.some((goal) => goal.name === name));
  if (unknown.length > 0) throw new Error(`there is no goal ${unknown.join(', ')}; see --help`);
  return OPTIMIZER_GOALS.filter((goal) => names.includes(goal.name));
}

function lineOf({ id, value, op, bar, pass, n, interval }: WrittenFigure): string {
  const verdict = pass === null ? '    ' : pass ? 'pass' : 'FAIL';
  const range = interval.map((bound) => bound.toFixed(4)).join(', ');
  const limit = bar === null ? '' : `${op} ${bar}`;
  return `${verdict}  ${id.padEnd(24)} ${value.toFixed(4).padStart(12)} ${limit.padEnd(10)} n ${n}, 95 % [${range}]`;
}

function valueAfter(option: string): string | undefined {
  const at = options.indexOf(option);
  const next = at < 0 ? undefined : options[at + 1];
  return next === undefined || next.startsWith('--') ? undefined : next;
}
