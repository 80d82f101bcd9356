import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { createDatabase, createPool } from '#shared/database/connect.ts';
import { embeddedConnectionString } from '../embedded-settings.ts';
import { spoolFolderOf } from '../testing/answered-calls.ts';
import { audit } from './testing/audit/audit.ts';
import type { Invariant, Violation } from './testing/audit/violation.ts';

const HELP = `Check what must hold of a system whatever happened to it: its tables, its queues, its disks and its clients' journal.
The system must have come to rest: no calls under way, and all that were answered scored.

  npm run audit:faults -- [--data FOLDER] [--database URL] [--journal FILE] [--secret TEXT …] [--project ID] [--json]

  --data FOLDER    data folder of the system; TRIMTAB_DATA_DIR or .trimtab when it is left out
  --database URL   its PostgreSQL; DATABASE_URL, or the one in the data folder, when it is left out
  --journal FILE   what clients saw, one JSON object a line: { "outcome": "ok" | "error" | "unknown" | "not_taken",
                   "callId": "…" | null, "startedAtMs": 0, "endedAtMs": 0 }; without one, calls are compared with the disks alone
  --secret TEXT    a text that may stand in no file and no table; as often as there are such
  --project ID     default
  --json           print the violations as JSON

Ends with 0 when all invariants hold, with 1 when one does not, and with 2 when it could not look.`;

const TITLES: Readonly<Record<Invariant, string>> = {
  I1: 'every answered call is scored, pending, dead-lettered, dropped or counted as lost',
  I2: 'nothing is stored, scored or counted twice',
  I3: 'policies are one line of epochs, and contents are what their names say',
  I4: 'policies reach connected gateways in time (needs a watched run)',
  I5: 'clients noticed nothing (needs a journal)',
  I6: 'no secret stands in a file or a table (needs --secret)',
  I7: 'the audit chain verifies, and every change has an actor and a reason',
};

const callSchema = z.object({
  outcome: z.enum(['ok', 'error', 'unknown', 'not_taken']),
  callId: z.string().nullable(),
  startedAtMs: z.number(),
  endedAtMs: z.number(),
});

const { values } = parseArgs({
  options: {
    database: { type: 'string' },
    data: { type: 'string' },
    journal: { type: 'string' },
    secret: { type: 'string', multiple: true, default: [] },
    project: { type: 'string', default: 'default' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(`${HELP}\n`);
else process.exitCode = await run();

async function run(): Promise<number> {
  const dataDir = resolve(values.data ?? process.env['TRIMTAB_DATA_DIR'] ?? '.trimtab');
  const connectionString = values.database ?? process.env['DATABASE_URL'] ?? embeddedConnectionString(dataDir);
  if (connectionString === undefined) {
    process.stderr.write(`there is no database of Trimtab in ${dataDir}; say where it is with --data or --database\n`);
    return 2;
  }
  const pool = createPool({ connectionString, role: 'owner', poolMax: 2 });
  try {
    const { journal } = values;
    const lines = journal === undefined ? [] : readFileSync(journal, 'utf8').split('\n').filter(Boolean);
    const violations = await audit({
      database: createDatabase(pool),
      projectId: values.project,
      spoolFolders: [spoolFolderOf(dataDir)],
      policyCopies: [join(dataDir, 'gateway', 'policies.json')],
      folders: [dataDir],
      secrets: values.secret,
      calls: lines.map((line) => callSchema.parse(JSON.parse(line))),
      // What ended how is for the reader of a journal to judge; here it is only compared with what was kept.
      expected: ['error', 'unknown', 'not_taken'],
      isStrangerAllowed: journal === undefined,
    });
    process.stdout.write(values.json ? `${JSON.stringify(violations, null, 2)}\n` : report(violations));
    return violations.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`the system cannot be looked at: ${error instanceof Error ? error.message : error}\n`);
    return 2;
  } finally {
    await pool.end();
  }
}

function report(violations: readonly Violation[]): string {
  const lines = Object.entries(TITLES).flatMap(([invariant, title]) => {
    const broken = violations.filter((each) => each.invariant === invariant);
    const shown = broken.map(({ what, count, evidence }) => `      ${what} (${count}): ${JSON.stringify(evidence)}`);
    return [`${broken.length === 0 ? 'holds ' : 'BROKEN'}  ${invariant}  ${title}`, ...shown];
  });
  return `${lines.join('\n')}\n`;
}
