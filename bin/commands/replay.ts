import { type Command, Option } from 'commander';
import { findPromptRun } from '#shared/database/prompts/find-prompt-run.ts';
import { listNewestReplays } from '#shared/database/prompts/list-replays.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { age, printJson, printLine, printTable } from './print.ts';
import { readCount } from './read-count.ts';

interface ListOptions extends CommandOptions {
  readonly search?: string;
  readonly status?: string;
  readonly limit: string;
}

const REPLAYS_MAX = 10_000;
const ID_CHARACTERS = 12;

export function registerReplay(program: Command, context: CommandContext): void {
  const replay = program.command('replay').description('Stored calls that were sent again with a candidate prefix');
  replay
    .command('list')
    .description('Replays, newest first')
    .option('--search <search>', 'only those of one search')
    .addOption(new Option('--status <status>', 'only those').choices(['pending', 'done', 'error']))
    .option('--limit <n>', 'how many', '50')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab replay list --status error\n  trimtab replay list --search 4f0c2d11')
    .action((options: ListOptions) => list(context, options));
}

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const database = await context.database();
  const projectId = await context.project();
  const run = options.search === undefined ? null : await findPromptRun(database, projectId, options.search);
  const replays = await listNewestReplays(database, projectId, {
    ...{ promptRunId: run?.promptRunId, status: options.status },
    limit: readCount(options.limit, '--limit', REPLAYS_MAX),
  });
  if (options.json === true) return printJson(context, replays);
  printTable(
    context,
    ['replay', 'call', 'model', 'prefix', 'sample', 'status', 'tool use', 'failed', 'cost', 'age'],
    replays.map((each) => [
      each.replayId.slice(0, ID_CHARACTERS),
      each.callId,
      each.model,
      each.prefixId?.slice(0, ID_CHARACTERS) ?? null,
      each.sample,
      each.status,
      each.toolUse === null ? null : each.toolUse.toFixed(2),
      each.error ?? (each.failed.length === 0 ? null : each.failed.join(', ')),
      `$${each.costUsd.toFixed(5)}`,
      age(each.createdAt, context.now()),
    ]),
  );
  if (replays.length === 0) printLine(context, 'No replays: a search for a prefix makes them.');
}
