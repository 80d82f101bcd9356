import { fileURLToPath } from 'node:url';
import type { CatalogueRow } from './catalogue/catalogue-row.ts';
import { backendsOf } from './catalogue.ts';
import type { MeasuredFigure, Measurement } from './measured.ts';

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
anywhere (I6) and the audit chain (I7). Every row below is written by that command. A row passes when all invariants hold;
a figure that misses its bar is marked, and was then measured on a machine as busy as the last column says.
\`SEED=… npm run test:faults -- <file>\` repeats a row.
`;

/** The page, from the rows of the catalogue and what the last run of each has shown. */
export function renderGuarantees(catalogue: readonly CatalogueRow[], measured: readonly Measurement[]): string {
  const lines = catalogue.flatMap((row) =>
    backendsOf(row).map((backend) => {
      const found = measured.find((each) => each.row === row.row && each.backend === backend);
      return lineOf(row, backend, found);
    }),
  );
  const passed = measured.filter(({ verdict }) => verdict === 'pass').length;
  const table = [
    '| # | Fault | Passes when | Queue | Outcome | Figures | Seed | Measured |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
  ];
  return `${HEAD}\n${passed} of ${lines.length} rows pass.\n\n${table.join('\n')}\n${proofsOf(catalogue)}`;
}

function lineOf(row: CatalogueRow, backend: string, found: Measurement | undefined): string {
  const start = [String(row.fault), row.what, row.criterion, backend === 'any' ? 'either' : backend];
  if (found === undefined) return cells([...start, 'not run', '', '', '']);
  const { verdict, tests, figures, seed, measuredOn, load, cores } = found;
  const proofs = row.tests.length === 0 ? '' : `${tests} ${tests === 1 ? 'test' : 'tests'}`;
  return cells([
    ...start,
    verdict === 'pass' ? 'pass' : '**fail**',
    [...figures.map(figureText), proofs].filter((text) => text !== '').join('; '),
    seed === null ? '' : String(seed),
    `${measuredOn}, load ${load} on ${cores} cores`,
  ]);
}

function figureText({ id, value, op, bar, n }: MeasuredFigure): string {
  const meets = value !== null && (op === '<=' ? value <= bar : value >= bar);
  const text = value === null ? 'never' : String(Math.round(value * 100) / 100);
  return `\`${id}\` ${meets ? text : `**${text}**`} (${op === '<=' ? '≤' : '≥'} ${bar}, n ${n})`;
}

function proofsOf(catalogue: readonly CatalogueRow[]): string {
  const lines = catalogue.flatMap(({ fault, tests }) =>
    tests.map(({ file, name }) => `| ${fault} | \`${file}\` | ${name === '' ? 'all' : name} |`),
  );
  const rows = [...new Set(lines)];
  if (rows.length === 0) return '';
  return `\nRows without figures are proven by tests that stand beside the code:\n\n| # | File | Test |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

function cells(texts: readonly string[]): string {
  return `| ${texts.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
}
