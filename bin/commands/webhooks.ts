import { type Command, Option } from 'commander';
import { listDeliveries, retryDeliveries } from '#shared/database/webhooks/list-deliveries.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { age, printJson, printLine, printTable } from './print.ts';
import { readCount } from './read-count.ts';

interface ListOptions extends CommandOptions {
  readonly status?: string;
  readonly limit: string;
}

const DELIVERIES_MAX = 1_000;

export function registerWebhooks(program: Command, context: CommandContext): void {
  const webhooks = program.command('webhooks').description('What people were told of, and what could not be told');
  webhooks
    .command('list')
    .description('Deliveries, newest event first')
    .addOption(new Option('--status <status>', 'only those').choices(['pending', 'delivered', 'failed']))
    .option('--limit <n>', 'how many', '50')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab webhooks list --status failed')
    .action((options: ListOptions) => list(context, options));
  webhooks
    .command('retry')
    .description('Have deliveries that were given up made once more')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab webhooks retry')
    .action((options: CommandOptions) => retry(context, options));
}

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const limit = readCount(options.limit, '--limit', DELIVERIES_MAX);
  const filter = { limit, status: options.status };
  const deliveries = await listDeliveries(await context.database(), await context.project(), filter);
  if (options.json === true) {
    printJson(context, deliveries);
    return;
  }
  const now = context.now();
  const rows = deliveries.map((each) => [
    ...[age(each.createdAt, now), each.webhook, each.type, each.title, each.status, each.attempts, each.problem],
  ]);
  printTable(context, ['age', 'webhook', 'event', 'title', 'status', 'attempts', 'problem'], rows);
  if (deliveries.length === 0) printLine(context, 'No deliveries: nothing happened, or no webhooks are configured.');
}

async function retry(context: CommandContext, options: CommandOptions): Promise<void> {
  const retried = await retryDeliveries(await context.database(), await context.project(), new Date(context.now()));
  if (options.json === true) printJson(context, { retried });
  else printLine(context, `${retried} deliveries are made once more.`);
}
