import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '#shared/log.ts';
import { startTemporaryPostgres } from '#shared/testing/temporary-postgres.ts';
import { EVENT_PARTS, eventFigures } from './event-figures.ts';

const HELP = `Measure the gateway's event path: from a finished call to its rows in PostgreSQL, with the spool in between.

  node infra/bench/events.ts [--quick] [--json [FILE]] [--only PART[,PART]]

The thread of the spool and its drainer run as in the gateway, on a PostgreSQL of the bench's own on the same machine.
Processor times are those of all threads of this process, without PostgreSQL.

  --json [FILE]  write the figures as JSON, to FILE or to the screen
  --quick        fewer calls, and a burst of 10 s instead of 60 s
  --only PART    of ${EVENT_PARTS.join(', ')}`;

const options = process.argv.slice(2);
const jsonAt = options.indexOf('--json');
const jsonFile = jsonAt < 0 ? undefined : options[jsonAt + 1];
const onlyAt = options.indexOf('--only');
const parts = new Set<string>(onlyAt < 0 ? EVENT_PARTS : options[onlyAt + 1]?.split(','));

if (options.includes('--help')) console.log(HELP);
else await run();

async function run(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'trimtab-bench-events-'));
  const postgres = await startTemporaryPostgres();
  try {
    const log = createLog('bench', 'warn');
    const databaseUrl = postgres.connectionString;
    const figures = await eventFigures(
      { databaseUrl, directory, log },
      { isQuick: options.includes('--quick'), parts },
    );
    report(figures);
  } finally {
    await postgres.dispose();
    rmSync(directory, { recursive: true, force: true });
  }
}

function report(figures: Awaited<ReturnType<typeof eventFigures>>): void {
  const json = JSON.stringify({ figures, environment: { node: process.version, cpus: cpus().length } }, null, 2);
  if (jsonAt >= 0 && (jsonFile === undefined || jsonFile.startsWith('--'))) {
    console.log(json);
    return;
  }
  for (const { id, value, op, bar, pass, n } of figures) {
    const verdict = pass === null ? '    ' : pass ? 'pass' : 'FAIL';
    const limit = bar === null ? '' : `${op} ${bar}`;
    console.log(`${verdict}  ${id.padEnd(30)} ${value.toFixed(3).padStart(10)} ${limit.padEnd(10)} n ${n}`);
  }
  if (jsonFile !== undefined) writeFileSync(jsonFile, `${json}\n`);
}
