import type { ScoringReport, ScoringTable, WrittenFigure } from './scoring-report.ts';

/** The page of the scorers' figures. Every number in it comes from the report. */
export function writeScoringPage(report: ScoringReport): string {
  const { environment, figures, tables, notMeasured } = report;
  const parts = [
    '# How well scoring works',
    'Written by `npm run bench:scoring -- --write`; do not edit it by hand.',
    INTRODUCTION,
    `Measured on Node ${environment.node.replace(/^v/, '')} and ${environment.cpus} processors with the scorer set \`${environment.scorerSet}\` (${environment.scorers} scorers)${environment.quick ? ', in the quick form' : ''}, ${environment.writtenAt.slice(0, 10)}.`,
    '## Figures',
    table({
      title: '',
      columns: ['figure', 'value', '95 % interval', 'bar', 'holds', 'n'],
      rows: figures.map(rowOf),
    }),
    ...tables.flatMap((each) => [`## ${each.title}`, table(each)]),
    '## Not measured here',
    notMeasured.length === 0
      ? 'Everything was measured.'
      : notMeasured.map(({ goal, reason }) => `- **${goal}**: ${oneLine(reason)}.`).join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

const INTRODUCTION = `Recorded public data is read from \`TRIMTAB_REAL_DATA\`; labels are hidden from the scorers, and what is fitted is fitted on
other tasks than it is measured on. Intervals are of 95 %; where several messages come from one run or one task, whole runs
or tasks are resampled. A figure that misses its bar stands here as it is.`;

function rowOf({ id, value, op, bar, pass, n, interval }: WrittenFigure): ScoringTable['rows'][number] {
  const holds = pass === null ? '' : pass ? 'yes' : '**no**';
  const range = `${asText(interval[0])} to ${asText(interval[1])}`;
  const limit = bar === null ? '' : `${op === '>=' ? '≥' : '≤'} ${asText(bar)}`;
  return [`\`${id}\``, asText(value), range, limit, holds, n];
}

/** Four digits that matter for shares, none behind the point for large numbers. */
function asText(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-US');
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(4);
}

function table({ columns, rows }: ScoringTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(row.map((cell) => cellText(cell)))),
  ].join('\n');
}

function cellText(cell: string | number | null): string {
  if (cell === null) return '';
  return oneLine(typeof cell === 'number' ? asText(cell) : cell).replaceAll('|', '\\|');
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
