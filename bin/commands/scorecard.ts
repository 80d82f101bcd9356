import { type Command, Option } from 'commander';
import {
  readScorecard,
  type Scorecard,
  type ScorecardRow,
  type ScorecardShare,
} from '#shared/database/scorecard-store.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { printable, printJson, printLine, printTable } from './print.ts';
import { readCount } from './read-count.ts';

interface ScorecardOptions extends CommandOptions {
  readonly since?: string;
  readonly days: string;
  readonly markdown?: boolean;
}

const DAY_MS = 86_400_000;
const DAYS_MAX = 92;
const HEADINGS = [
  'provider',
  'model',
  'tool use',
  '95 %',
  'calls',
  'sessions',
  'undecided',
  'fidelity',
  'tasks',
  'faults',
];

export function registerScorecard(program: Command, context: CommandContext): void {
  program
    .command('scorecard')
    .description('How well each provider and model uses tools, with intervals and the commonest faults')
    .option('--days <n>', 'how far back', '7')
    .option('--since <moment>', 'instead of days, like 2026-01-31 or 2026-01-31T12:00Z')
    .addOption(new Option('--markdown', 'print a table for a page').conflicts('json'))
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  trimtab scorecard\n  trimtab scorecard --since 2026-01-01 --markdown > scorecard.md',
    )
    .action((options: ScorecardOptions) => scorecard(context, options));
}

async function scorecard(context: CommandContext, options: ScorecardOptions): Promise<void> {
  const until = new Date(context.now());
  const since = sinceOf(options, until);
  const card = await readScorecard(await context.database(), await context.project(), { since, until });
  if (options.json === true) printJson(context, card);
  else if (options.markdown === true) printMarkdown(context, card);
  else print(context, card);
}

function sinceOf({ since, days }: ScorecardOptions, until: Date): Date {
  if (since === undefined) return new Date(until.getTime() - readCount(days, '--days', DAYS_MAX) * DAY_MS);
  const moment = new Date(since);
  if (!Number.isNaN(moment.getTime()) && moment < until) return moment;
  throw new TrimtabError('invalid_request', `--since takes a moment of the past, like 2026-01-31; not "${since}"`);
}

function print(context: CommandContext, { since, rows }: Scorecard): void {
  printLine(context, `Tool use since ${since.toISOString()}`);
  printTable(context, HEADINGS, rows.map(cellsOf));
  if (rows.length === 0) printLine(context, 'No call with tools was scored in that time.');
}

/** For a page that others read: what it says, and how it was counted. */
function printMarkdown(context: CommandContext, { since, until, rows }: Scorecard): void {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  printLine(context, line(HEADINGS));
  printLine(context, line(HEADINGS.map(() => '---')));
  for (const row of rows) {
    printLine(context, line(cellsOf(row).map((cell) => printable(String(cell ?? '-')).replaceAll('|', '\\|'))));
  }
  printLine(context);
  printLine(
    context,
    `${since.toISOString().slice(0, 10)} to ${until.toISOString().slice(0, 10)}. Tool use is the share of calls with tools in which no deterministic check found an error of the model's own; faults of gateway, client and tools are set aside. Intervals are Wilson's, clustered by session.`,
  );
}

function cellsOf({
  provider,
  model,
  toolUse,
  fidelity,
  taskCompletion,
  faults,
}: ScorecardRow): (string | number | null)[] {
  return [
    provider,
    model,
    percent(toolUse.value),
    `${percent(toolUse.low)} to ${percent(toolUse.high)}`,
    toolUse.n,
    toolUse.sessions,
    toolUse.undecided,
    shareText(fidelity),
    shareText(taskCompletion),
    faults.length === 0 ? '-' : faults.map(({ scorer, share }) => `${scorer} ${percent(share)}`).join(', '),
  ];
}

function shareText(share: ScorecardShare | null): string {
  return share === null ? '-' : percent(share.value);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
