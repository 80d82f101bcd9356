import { fileURLToPath } from 'node:url';
import type { CatalogueRow } from './catalogue/catalogue-row.ts';
import { backendsOf } from './catalogue.ts';
import { isPassed, type MeasuredFigure, type Measurement, meetsBar } from './measured.ts';

export const GUARANTEES_FILE = fileURLToPath(new URL('../../docs/guarantees.md', import.meta.url));

const HEAD = `# Guarantees, and what was measured of them

Two promises, stated separately. **A durable call is never lost**: once its record is synced to the gateway's disk, it is
stored, scored or kept among the dead letters, whatever is killed, cut or full. **A call that was answered just before a
kill may be**: until its record is synced, its begin marker is all there is of it, and it is counted as lost before durable.
Nothing behind the gateway is waited for by a call. Everything is delivered at least once, and keys in PostgreSQL make that
once: a call is scored once per scorer version, and duplicates are rejected.

\`npm run test:faults\` does what the table says to a whole system of real processes, real sockets and real queues, under
load, and has the auditor look at its tables, its files, its queues and its clients' own journal afterwards: conservation
(I1), uniqueness (I2), one line of policies (I3), how late they arrive (I4), clients that notice nothing (I5), no secret
anywhere (I6) and the audit chain (I7). Every row below is written by that command. A row passes when all invariants hold
and no figure misses its bar; one that does is marked, and was measured on a machine as busy as the last column says.
\`SEED=… npm run test:faults -- <file>\` repeats a row, and \`npm run test:faults -- --help\` says which files there are.
`;

const BY_HAND = `## The auditor by hand

The auditor also looks at a system that runs by itself, once it has come to rest:

\`\`\`sh
TRIMTAB_DATA_DIR=/var/lib/trimtab npm run audit:faults -- --journal calls.jsonl --secret "$OPENAI_API_KEY"
\`\`\`

\`calls.jsonl\` is what the clients saw, one line a call, with the id from its \`x-trimtab-call-id\` header:

\`\`\`json
{ "outcome": "ok", "callId": "01a206a1-d447-788c-ac9d-a2198d5d8c63", "startedAtMs": 0, "endedAtMs": 0 }
\`\`\`

Of a system whose clients have an answer that was never stored, and on whose disk somebody has left a key, it says:

\`\`\`text
BROKEN  I1  every answered call is scored, pending, dead-lettered, dropped or counted as lost
      answered calls are gone, and nothing counts them (1): [{"outcome":"ok","callId":"01a206a1-0000-7000-8000-000000000000", …}]
holds   I2  nothing is stored, scored or counted twice
holds   I3  policies are one line of epochs, and contents are what their names say
holds   I4  policies reach connected gateways in time (needs a watched run)
holds   I5  clients noticed nothing (needs a journal)
BROKEN  I6  no secret stands in a file or a table (needs --secret)
      a secret stands in a file (1): ["/var/lib/trimtab/leak.txt"]
holds   I7  the audit chain verifies, and every change has an actor and a reason
\`\`\`

It ends with 0 when all hold and with 1 when one does not; \`npm run audit:faults -- --help\` has its options.
`;

/** The page, from the rows of the catalogue and what the last run of each has shown. */
export function renderGuarantees(catalogue: readonly CatalogueRow[], measured: readonly Measurement[]): string {
  const lines = catalogue.flatMap((row) =>
    backendsOf(row).map((backend) => {
      const found = measured.find((each) => each.row === row.row && each.backend === backend);
      return lineOf(row, backend, found);
    }),
  );
  const passed = measured.filter(isPassed).length;
  const head = ['#', 'Fault', 'Passes when', 'Queue', 'Outcome', 'Figures', 'Seed', 'Measured'];
  return [
    `${HEAD}\n${passed} of ${lines.length} rows pass. ${totalsOf(measured)}\n`,
    `${tableOf(head, lines)}\n${proofsOf(catalogue)}`,
    BY_HAND,
  ].join('\n');
}

/** Over all rows that were audited. */
function totalsOf(measured: readonly Measurement[]): string {
  const of = (id: string) => measured.flatMap(({ figures }) => figures.filter((figure) => figure.id === id));
  const sum = (id: string) => of(id).reduce((total, { value }) => total + (value ?? 0), 0);
  const calls = of('lost_durable').reduce((total, { n }) => total + n, 0);
  return `Over ${calls} calls of all audited rows: \`lost_durable\` ${sum('lost_durable')}, \`duplicate_rows\` ${sum('duplicate_rows')}.`;
}

function lineOf(row: CatalogueRow, backend: string, found: Measurement | undefined): readonly string[] {
  const start = [String(row.fault), row.what, row.criterion, backend === 'any' ? 'either' : backend];
  if (found === undefined) return [...start, 'not run', '', '', ''];
  const { tests, figures, seed, measuredOn, load, cores } = found;
  const proofs = row.tests.length === 0 ? '' : `${tests} ${tests === 1 ? 'test' : 'tests'}`;
  return [
    ...start,
    isPassed(found) ? 'pass' : '**fail**',
    [...figures.map(figureText), proofs].filter((text) => text !== '').join('; '),
    seed === null ? '' : String(seed),
    `${measuredOn}, load ${load} on ${cores} cores`,
  ];
}

function figureText(figure: MeasuredFigure): string {
  const { id, value, op, bar, n } = figure;
  const text = value === null ? 'never' : String(Math.round(value * 100) / 100);
  return `\`${id}\` ${meetsBar(figure) ? text : `**${text}**`} (${op === '<=' ? '≤' : '≥'} ${bar}, n ${n})`;
}

function proofsOf(catalogue: readonly CatalogueRow[]): string {
  const lines = catalogue.flatMap(({ fault, tests }) =>
    tests.map(({ file, name }) => [String(fault), `\`${file}\``, name === '' ? 'all' : name]),
  );
  if (lines.length === 0) return '';
  const table = tableOf(['#', 'File', 'Test'], lines);
  return `\nRows without figures are proven by tests that stand beside the code:\n\n${table}\n`;
}

/** Columns as wide as their widest cell, as the formatter of the repository has it. */
function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)));
  const rule = widths.map((width) => '-'.repeat(width));
  const padded = [...all.slice(0, 1), rule, ...all.slice(1)].map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)),
  );
  return padded.map((row) => `| ${row.join(' | ')} |`).join('\n');
}
