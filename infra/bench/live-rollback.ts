import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { migrateAll } from '#shared/database/migrate.ts';
import { startTemporaryPostgres } from '#shared/testing/temporary-postgres.ts';
import { addressOf, runStatement } from '#shared/testing/test-database.ts';
import { type EventFigure, figureOf, intervalOf, known } from './event-figure.ts';
import { type Regression, regressCanary } from './live-rollback/regress-canary.ts';

const HELP = `Give a policy that is worse by 20 points a canary on a live system, and touch nothing.

  node infra/bench/live-rollback.ts [--quick] [--seeds N] [--json [FILE]]

Gateway, evaluator and optimizer of \`trimtab up\`, agents of the demo at work, a scripted provider and a scripted judge. The
candidate breaks the tool calls of so many more sessions that their mean quality falls by 0.20, beside a control of the
same size. Error rates and margins are production's. Each seed is a system and a database of its own.

  --json [FILE]  write the figures as JSON, to FILE or to the screen
  --seeds N      10 when absent
  --quick        3 seeds`;

const DROP = 0.2;
const SEEDS = 10;
const QUICK_SEEDS = 3;
const options = process.argv.slice(2);
const jsonAt = options.indexOf('--json');
const jsonFile = jsonAt < 0 ? undefined : options[jsonAt + 1];
const isForScreen = jsonFile === undefined || jsonFile.startsWith('--');

if (options.includes('--help')) console.log(HELP);
else await run();

async function run(): Promise<void> {
  const seedsAt = options.indexOf('--seeds');
  const seeds = seedsAt >= 0 ? Number(options[seedsAt + 1]) : options.includes('--quick') ? QUICK_SEEDS : SEEDS;
  if (!Number.isInteger(seeds) || seeds < 1) throw new Error('--seeds takes a number of one or more');
  const postgres = await startTemporaryPostgres();
  const regressions: Regression[] = [];
  try {
    for (let seed = 1; seed <= seeds; seed += 1) {
      const name = `regression_${seed}`;
      await runStatement(postgres.connectionString, `create database ${name}`);
      const connectionString = addressOf(postgres.connectionString, name);
      await migrateAll(connectionString);
      const drop = () => runStatement(postgres.connectionString, `drop database ${name} with (force)`);
      const regression = await regressCanary({ seed, drop: DROP, database: { connectionString, drop } });
      process.stderr.write(`seed ${seed}: ${lineOf(regression)}\n`);
      regressions.push(regression);
    }
  } finally {
    await postgres.dispose();
  }
  report(figuresOf(regressions));
}

function lineOf(regression: Regression): string {
  const { status, actor, pairs, canarySessions, allSessions, wallSeconds, drop } = regression;
  return `${status} by ${actor} after ${pairs} pairs, ${canarySessions} canary sessions of ${allSessions}, ${wallSeconds.toFixed(1)} s; true drop ${drop.toFixed(3)}`;
}

function figuresOf(regressions: readonly Regression[]): readonly EventFigure[] {
  const n = regressions.length;
  const isByItself = ({ status, actor }: Regression) => status === 'rolled_back' && actor.startsWith('optimizer:');
  const mean = (id: string, of: (regression: Regression) => number): EventFigure => {
    const values = regressions.map(of);
    return { ...known(id, values.reduce((sum, value) => sum + value, 0) / n, n), interval: intervalOf(values) };
  };
  const most = (id: string, of: (regression: Regression) => number) => known(id, Math.max(...regressions.map(of)), n);
  const share = regressions.filter(isByItself).length / n;
  return [
    figureOf({ id: 'live20_rolled_back', value: share, op: '>=', bar: 1, n }),
    mean('live20_drop_points', ({ drop }) => 100 * drop),
    mean('live20_pairs', ({ pairs }) => pairs),
    mean('live20_canary_sessions', ({ canarySessions }) => canarySessions),
    most('live20_canary_sessions_max', ({ canarySessions }) => canarySessions),
    mean('live20_sessions', ({ allSessions }) => allSessions),
    mean('live20_wall_s', ({ wallSeconds }) => wallSeconds),
    most('live20_wall_s_max', ({ wallSeconds }) => wallSeconds),
  ];
}

function report(figures: readonly EventFigure[]): void {
  const json = JSON.stringify({ figures, environment: { node: process.version, cpus: cpus().length } }, null, 2);
  if (jsonAt >= 0 && isForScreen) {
    console.log(json);
    return;
  }
  for (const { id, value, op, bar, pass, n, interval } of figures) {
    const verdict = pass === null ? '    ' : pass ? 'pass' : 'FAIL';
    const limit = bar === null ? '' : `${op} ${bar}`;
    const between = interval === null ? '' : `  (${interval.map((end) => end.toFixed(1)).join(' to ')})`;
    console.log(`${verdict}  ${id.padEnd(30)} ${value.toFixed(1).padStart(8)} ${limit.padEnd(8)} n ${n}${between}`);
  }
  if (jsonAt >= 0) writeFileSync(jsonFile ?? '', `${json}\n`);
}
