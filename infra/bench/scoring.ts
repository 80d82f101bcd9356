import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEnvironment } from '#shared/environment.ts';
import { SCORER_SET_VERSION, SCORERS } from '../../services/evaluator/scorers/registry.ts';
import { GOALS, type Goal } from './scoring/goals.ts';
import type { LiveJudgeResult } from './scoring/live-judge.ts';
import { measureConfiguredJudges } from './scoring/measure-configured-judges.ts';
import type { ScoringReport, ScoringTable, WrittenFigure } from './scoring/scoring-report.ts';
import { writeScoringPage } from './scoring/write-scoring-page.ts';

const HELP = `Measure the scorers: on recorded public data with its labels hidden from them, on planted faults, and for speed.

  TRIMTAB_REAL_DATA=DIR npm run bench:scoring -- [--json [FILE]] [--quick] [--only NAME,NAME] [--judges] [--write [FILE]]

  --json [FILE]   write the figures as JSON, to FILE or to the screen
  --quick         fewer resamples and shorter loads: five minutes at most
  --only A,B      only these goals: ${GOALS.map((goal) => goal.name).join(', ')}
  --judges        measure the judges of trimtab.yaml (or of TRIMTAB_CONFIG) as well: this asks live models
  --write [FILE]  write docs/scoring.md from what was measured now, or from FILE that an earlier --json has left

Without TRIMTAB_REAL_DATA only what needs no recorded data is measured. Exit code 1 says that a goal broke or that a
figure misses its bar.`;

const PAGE = fileURLToPath(new URL('../../docs/scoring.md', import.meta.url));

const options = process.argv.slice(2);
const dataFolder = process.env['TRIMTAB_REAL_DATA'];

if (options.includes('--help')) console.log(HELP);
else await run();

async function run(): Promise<void> {
  const earlier = fileAfter('--write');
  const report = earlier === undefined ? await measure() : (JSON.parse(readFileSync(earlier, 'utf8')) as ScoringReport);
  if (options.includes('--write')) writeFileSync(PAGE, writeScoringPage(report));
  if (earlier !== undefined) return;
  const json = `${JSON.stringify(report, null, 2)}\n`;
  const jsonFile = fileAfter('--json');
  if (jsonFile !== undefined) writeFileSync(jsonFile, json);
  else if (options.includes('--json')) process.stdout.write(json);
}

/** Measures goal after goal; one that breaks is reported and does not keep the others from being measured. */
async function measure(): Promise<ScoringReport> {
  const figures: WrittenFigure[] = [];
  const tables: ScoringTable[] = [];
  const notMeasured: { goal: string; reason: string }[] = [];
  for (const goal of chosenGoals()) {
    const missing = missingOf(goal);
    if (missing !== null) {
      notMeasured.push({ goal: goal.name, reason: missing });
      console.error(`skip  ${goal.name}: ${missing}`);
      continue;
    }
    const startedAt = performance.now();
    try {
      const result = await goal.measure(resolve(dataFolder ?? '.'), { quick: options.includes('--quick') });
      figures.push(...result.figures);
      tables.push(...(result.tables ?? []));
      notMeasured.push(...(result.notMeasured ?? []));
      for (const figure of result.figures) console.error(lineOf(figure));
      if (result.figures.some(({ pass }) => pass === false)) process.exitCode = 1;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      notMeasured.push({ goal: goal.name, reason: `it broke: ${reason}` });
      console.error(`FAIL  ${goal.name} broke:`, error);
      process.exitCode = 1;
    }
    console.error(`      ${goal.name} took ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
  }
  if (options.includes('--judges')) {
    const live = await measureLive();
    figures.push(...live.figures);
    notMeasured.push(...live.notMeasured);
    for (const figure of live.figures) console.error(lineOf(figure));
    for (const { goal, reason } of live.notMeasured) console.error(`skip  ${goal}: ${reason}`);
    if (live.figures.some(({ pass }) => pass === false)) process.exitCode = 1;
  } else {
  }
  const leftOut = GOALS.filter((goal) => !chosenGoals().includes(goal));
  for (const { name } of leftOut) notMeasured.push({ goal: name, reason: 'left out of this run by `--only`' });
  return { figures, tables, notMeasured, environment: environment() };
}

/** The configured judges, on the goals that need one; what they cost is theirs to say. */
async function measureLive(): Promise<LiveJudgeResult> {
  if (dataFolder === undefined || dataFolder === '') {
    return { figures: [], notMeasured: [{ goal: 'judges', reason: 'TRIMTAB_REAL_DATA is not set' }] };
  }
  const { configPath, variables } = readEnvironment(process.env);
  const quick = options.includes('--quick');
  return await measureConfiguredJudges(resolve(dataFolder), configPath, { quick, environment: variables });
}

function chosenGoals(): readonly Goal[] {
  const only = options.indexOf('--only');
  if (only < 0) return GOALS;
  const names = (options[only + 1] ?? '').split(',');
  const unknown = names.filter((name) => !GOALS.some((goal) => goal.name === name));
  if (unknown.length > 0) throw new Error(`there is no goal ${unknown.join(', ')}; see --help`);
  return GOALS.filter((goal) => names.includes(goal.name));
}

function missingOf(goal: Goal): string | null {
  if (!goal.needsData) return null;
  if (dataFolder === undefined || dataFolder === '') return 'TRIMTAB_REAL_DATA is not set';
  return existsSync(dataFolder) ? null : `${dataFolder} does not exist`;
}

function environment(): ScoringReport['environment'] {
  return {
    node: process.version,
    cpus: cpus().length,
    quick: options.includes('--quick'),
    scorerSet: SCORER_SET_VERSION,
    scorers: SCORERS.length,
    writtenAt: new Date().toISOString(),
  };
}

function lineOf({ id, value, op, bar, pass, n, interval }: WrittenFigure): string {
  const verdict = pass === null ? '    ' : pass ? 'pass' : 'FAIL';
  const range = interval.map((bound) => bound.toFixed(4)).join(', ');
  const limit = bar === null ? '' : `${op} ${bar}`;
  return `${verdict}  ${id.padEnd(24)} ${value.toFixed(4).padStart(12)} ${limit.padEnd(10)} n ${n}, 95 % [${range}]`;
}

function fileAfter(option: string): string | undefined {
  const at = options.indexOf(option);
  const next = at < 0 ? undefined : options[at + 1];
  return next === undefined || next.startsWith('--') ? undefined : next;
}
