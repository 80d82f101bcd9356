import type { Command } from 'commander';
import { type LossKindReport, type LossReport, listLossShares, readLossReport } from '#shared/database/loss-store.ts';
import { LOSS_KINDS, type LossKind } from '#shared/domain/loss.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { printJson, printLine, printTable } from './print.ts';
import { readCount } from './read-count.ts';

interface LossesOptions extends CommandOptions {
  readonly days: string;
}

const DAY_MS = 86_400_000;
const DAYS_MAX = 92;
const KINDS = Object.keys(LOSS_KINDS) as LossKind[];

export function registerLosses(program: Command, context: CommandContext): void {
  program
    .command('losses [provider]')
    .description('What translation lost: of all providers in numbers, of one with places and example calls')
    .option('--days <n>', 'how far back', '7')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  trimtab losses\n  trimtab losses openai --days 30\n  trimtab losses vllm --json',
    )
    .action((provider: string | undefined, options: LossesOptions) => losses(context, provider, options));
}

async function losses(context: CommandContext, provider: string | undefined, options: LossesOptions): Promise<void> {
  const since = new Date(context.now() - readCount(options.days, '--days', DAYS_MAX) * DAY_MS);
  if (provider === undefined) {
    await printShares(context, since, options);
    return;
  }
  const report = await readLossReport(await context.database(), await context.project(), provider, since);
  if (report === null)
    throw new TrimtabError(
      'not_found',
      `there is no provider ${provider}, nor a call to it; see \`trimtab providers\``,
    );
  if (options.json === true) printJson(context, report);
  else printReport(context, report);
}

async function printShares(context: CommandContext, since: Date, options: LossesOptions): Promise<void> {
  const shares = await listLossShares(await context.database(), await context.project(), since);
  if (options.json === true) {
    printJson(context, shares);
    return;
  }
  const rows = shares.map((share) => [share.provider, share.calls, ...KINDS.map((kind) => share.kinds[kind] ?? 0)]);
  printTable(context, ['provider', 'calls', ...KINDS], rows);
  if (shares.length === 0) printLine(context, 'No call was sent to a provider in that time.');
}

function printReport(context: CommandContext, report: LossReport): void {
  printLine(context, `${report.provider}: ${report.calls} calls since ${report.since.toISOString()}`);
  if (report.kinds.length === 0) printLine(context, 'Nothing was lost.');
  for (const kind of report.kinds) printKind(context, kind);
}

function printKind(context: CommandContext, { kind, calls, share, models, places, callIds }: LossKindReport): void {
  printLine(context, `\n${kind}: ${calls} calls, ${(share * 100).toFixed(1)} %. ${LOSS_KINDS[kind].definition}`);
  printTable(
    context,
    ['calls', 'times', 'where', 'format', 'what'],
    places.map((place) => [place.calls, place.count, place.pointer, place.format, place.detail]),
  );
  printLine(context, `Models: ${models.map(({ model, calls: of }) => `${model ?? 'none'} (${of})`).join(', ')}`);
  printLine(context, `Example calls (trimtab calls show ID): ${callIds.join(' ')}`);
}
