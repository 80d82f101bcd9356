import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateAll } from '#shared/database/migrate.ts';
import { startTemporaryPostgres } from '#shared/testing/temporary-postgres.ts';
import { rollbackFigures } from './rollback/rollback-figures.ts';

const HELP = `Measure how long a rollback takes to reach every one of four gateways.

  node infra/bench/rollback.ts [--quick] [--json [FILE]]

Four gateway processes share a PostgreSQL of the bench's own and serve calls all the while. Time runs from the command
until a gateway answers a new session by the earlier policy.

  --json [FILE]  write the figures as JSON, to FILE or to the screen
  --quick        40 rollbacks instead of 250`;

const options = process.argv.slice(2);
const jsonAt = options.indexOf('--json');
const jsonFile = jsonAt < 0 ? undefined : options[jsonAt + 1];

if (options.includes('--help')) console.log(HELP);
else await run();

async function run(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'trimtab-bench-rollback-'));
  const postgres = await startTemporaryPostgres();
  try {
    await migrateAll(postgres.connectionString);
    const deps = { databaseUrl: postgres.connectionString, directory };
    report(await rollbackFigures(deps, { isQuick: options.includes('--quick') }));
  } finally {
    await postgres.dispose();
    rmSync(directory, { recursive: true, force: true });
  }
}

function report(figures: Awaited<ReturnType<typeof rollbackFigures>>): void {
  const json = JSON.stringify({ figures, environment: { node: process.version, cpus: cpus().length } }, null, 2);
  if (jsonAt >= 0 && (jsonFile === undefined || jsonFile.startsWith('--'))) {
    console.log(json);
    return;
  }
  for (const { id, value, op, bar, pass, n, interval } of figures) {
    const verdict = pass === null ? '    ' : pass ? 'pass' : 'FAIL';
    const limit = bar === null ? '' : `${op} ${bar}`;
    const between = interval === null ? '' : `  (${interval.map((end) => end.toFixed(1)).join(' to ')})`;
    console.log(`${verdict}  ${id.padEnd(30)} ${value.toFixed(1).padStart(10)} ${limit.padEnd(10)} n ${n}${between}`);
  }
  if (jsonFile !== undefined) writeFileSync(jsonFile, `${json}\n`);
}
