import type { Command } from 'commander';
import { type JudgeLedgerLine, readJudgeLedger } from '#shared/database/judge-store.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { printJson, printLine, printTable } from './print.ts';
import { readCount } from './read-count.ts';

interface JudgesOptions extends CommandOptions {
  readonly days: string;
}

const DAY_MS = 86_400_000;
const DAYS_MAX = 366;
const USD_DIGITS = 4;

export function registerJudges(program: Command, context: CommandContext): void {
  program
    .command('judges')
    .description('What judges cost, day by day, and how many of their answers were of no use')
    .option('--days <n>', 'how far back', '7')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab judges\n  trimtab judges --days 30 --json')
    .action((options: JudgesOptions) => judges(context, options));
}

async function judges(context: CommandContext, options: JudgesOptions): Promise<void> {
  const days = readCount(options.days, '--days', DAYS_MAX);
  const since = new Date(context.now() - (days - 1) * DAY_MS).toISOString().slice(0, 10);
  const configured = (await context.config())?.judges ?? [];
  const budgets = new Map(configured.map((judge) => [`${judge.provider}/${judge.model}`, judge.dailyBudgetUsd]));
  const lines = await readJudgeLedger(await context.database(), await context.project(), since);
  const ledger = lines.map((line) => ({ ...line, dailyBudgetUsd: budgets.get(line.judge) ?? null }));
  if (options.json === true) {
    printJson(context, { configured: [...budgets.keys()], ledger });
    return;
  }
  const headings = ['day', 'judge', 'spent $', 'held $', 'budget $', 'calls', 'repairs', 'errors', 'unusable'];
  printTable(context, [...headings, 'controls missed', 'limited', 'other model'], ledger.map(rowOf));
  if (ledger.length === 0) printLine(context, 'No judge was asked in that time.');
  if (budgets.size === 0) printLine(context, 'No judge is configured: only deterministic scorers run.');
  const unpinned = ledger.find(({ otherModel }) => otherModel > 0);
  if (unpinned === undefined) return;
  printLine(context, `${unpinned.judge} was answered for by another model: name an exact id, or its scores drift.`);
}

function rowOf(line: JudgeLedgerLine & { readonly dailyBudgetUsd: number | null }) {
  return [
    ...[line.day, line.judge, usd(line.spentUsd), usd(line.reservedUsd), line.dailyBudgetUsd],
    ...[line.calls, line.repairs, line.errors, line.unusable, line.canaryMisses, line.rateLimited, line.otherModel],
  ];
}

function usd(amount: number): string {
  return amount.toFixed(USD_DIGITS);
}
