import { COLUMNS } from './columns.ts';
import type { Mode } from './conformance-case.ts';
import type { CaseResult, Cell } from './run-conformance.ts';

const SECTIONS: readonly (readonly [RegExp, string])[] = [
  [/^0\./, "Anthropic's gateway protocol"],
  [/^[1-9]$/, 'A. Tool calls in streams'],
  [/^1\d$/, 'B. Tool calls, history and ids'],
  [/^2[0-5]$/, 'C. Schemas'],
  [/^(2[6-9]|3[0-7])$/, 'D. Thinking and reasoning'],
  [/^(3[89]|4[0-6])$/, 'E. Envelope, stop reasons, usage'],
  [/^(4[7-9]|5[01])$/, 'F. Context and counting'],
  [/^(5[2-9]|6[01])$/, 'G. Transport, errors'],
  [/^(6[2-9]|7\d|8[0-2])$/, 'H. What real clients do'],
  [/^I\./, 'I. Fidelity beyond the list'],
];

interface Note {
  readonly number: number;
  readonly text: string;
}

function said(cell: Cell, noteOf: (reason: string, document: string) => number): string {
  switch (cell.type) {
    case 'pass':
      return 'pass';
    case 'fail':
      return '**fail**';
    case 'not_applicable':
      return `n/a [${noteOf(cell.reason, cell.document)}]`;
    case 'not_run':
      return '·';
    default:
      return cell satisfies never;
  }
}

/** Where a line comes from that has no thread. */
function sourceOf(line: string): string {
  if (line.startsWith('0.')) return "Anthropic's gateway protocol page";
  return line.startsWith('I.') ? 'this project' : 'measured on clients';
}

function numberOf(line: string): number {
  return Number(line.replace(/^(?:0|I)\./, ''));
}

function rowOf({ line, cells }: CaseResult, noteOf: (reason: string, document: string) => number): string {
  const columns = COLUMNS.map(({ name }) => {
    const streamed = said(cells[name].streamed, noteOf);
    const whole = said(cells[name].whole, noteOf);
    return streamed === whole ? streamed : `${streamed} / ${whole}`;
  });
  const threads = line.threads.length === 0 ? sourceOf(line.line) : line.threads.join(', ');
  return `| ${line.line} | ${line.title} | ${columns.join(' | ')} | ${line.fixture ?? 'synthetic'} | ${threads} |`;
}

/** Cells of each kind, over all lines, columns and modes. */
export function totalsOf(results: readonly CaseResult[]): Readonly<Record<Cell['type'], number>> {
  const totals = { pass: 0, fail: 0, not_applicable: 0, not_run: 0 };
  for (const { cells } of results) {
    for (const { name } of COLUMNS) {
      for (const mode of ['streamed', 'whole'] satisfies Mode[]) totals[cells[name][mode].type] += 1;
    }
  }
  return totals;
}

/** Names of the places that fail, with what was wrong. */
export function failuresOf(results: readonly CaseResult[]): readonly string[] {
  return results.flatMap(({ line, cells }) =>
    COLUMNS.flatMap(({ name }) =>
      Object.entries(cells[name]).flatMap(([mode, cell]) =>
        cell.type === 'fail' ? [`${line.line} ${line.title} (${name}, ${mode}): ${cell.why}`] : [],
      ),
    ),
  );
}

const HEAD = `# Compatibility

Written by \`npm run compatibility\` from the run itself; no cell is written by hand. Each line is a request of a client, an
answer of a scripted upstream in its own wire format, and what the client gets: through the real gateway, over real sockets, read by
Anthropic's own SDK. The upstreams are strict: they answer 400 to what their API does not document. Every stream is
sent twice, whole and cut at places where no event ends, and has to give the same bytes; and the streamed answer
has to be the same message as the one that is not streamed.

A cell says what held for streamed and for whole answers, in this order where they differ. \`·\` stands where a line speaks of the other kind
only. \`n/a\` names the page that shows that the format has no such concept. *Fixture* is where the upstream's bytes
come from: \`synthetic\` ones were made by this project's writers of the wire formats, after the threads in the last column.
`;

/** The page `docs/compatibility.md`. */
export function compatibilityPage(results: readonly CaseResult[]): string {
  const notes = new Map<string, Note>();
  const noteOf = (reason: string, document: string): number => {
    const text = `${reason} ([page](${document}))`;
    const note = notes.get(text) ?? { number: notes.size + 1, text };
    notes.set(text, note);
    return note.number;
  };
  const names = COLUMNS.map(({ name }) => name);
  const totals = totalsOf(results);
  const sections = SECTIONS.map(([pattern, title]) => {
    const rows = results
      .filter(({ line }) => pattern.test(line.line))
      .toSorted((one, other) => numberOf(one.line.line) - numberOf(other.line.line))
      .map((result) => rowOf(result, noteOf));
    const head = `| Line | Behaviour | ${names.join(' | ')} | Fixture | After |`;
    const rule = `| --- | --- | ${names.map(() => '---').join(' | ')} | --- | --- |`;
    return [`## ${title}`, '', head, rule, ...rows].join('\n');
  });
  const reasons = [...notes.values()].map(({ number, text }) => `${number}. ${text}`);
  return [
    HEAD,
    `Lines: ${results.length}. Cells: ${totals.pass} pass, ${totals.fail} fail, ${totals.not_applicable} not applicable.`,
    '',
    ...sections.flatMap((section) => [section, '']),
    '## Why not applicable',
    '',
    ...reasons,
    '',
  ].join('\n');
}
