import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { createDatabase, createPool } from '#shared/database/connect.ts';
import { spoolFolderOf } from '../testing/answered-calls.ts';
import { audit } from './testing/audit/audit.ts';

/**
 * The auditor by hand, on a system that has come to rest:
 * `npm run audit:faults -- --database URL --data FOLDER [--journal FILE] [--secret TEXT …] [--project ID]`.
 * The journal has one JSON object per line, as `ClientCall` has it. Prints the violations; ends with 1 if there is any.
 */
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
  },
});
const { database: connectionString, data, journal } = values;
if (connectionString === undefined || data === undefined) {
  process.stderr.write('--database and --data are needed\n');
  process.exit(2);
}
const lines = journal === undefined ? [] : readFileSync(journal, 'utf8').split('\n').filter(Boolean);
const pool = createPool({ connectionString, role: 'owner', poolMax: 2 });
const violations = await audit({
  database: createDatabase(pool),
  projectId: values.project,
  spoolFolders: [spoolFolderOf(data)],
  policyCopies: [join(data, 'gateway', 'policies.json')],
  folders: [data],
  secrets: values.secret,
  calls: lines.map((line) => callSchema.parse(JSON.parse(line))),
  // What ended how is for the reader of a journal to judge; here it is only compared with what was kept.
  expected: ['error', 'unknown', 'not_taken'],
  isStrangerAllowed: journal === undefined,
});
await pool.end();
process.stdout.write(`${JSON.stringify(violations, null, 2)}\n`);
process.exit(violations.length === 0 ? 0 : 1);
