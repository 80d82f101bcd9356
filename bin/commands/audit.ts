import type { Command } from 'commander';
import { listAudit, verifyAuditChain } from '#shared/database/audit-log.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { printJson, printLine, printTable } from './print.ts';
import { readCount } from './read-count.ts';

const LISTED_DEFAULT = '20';
const LISTED_MAX = 10_000;

export function registerAudit(program: Command, context: CommandContext): void {
  const audit = program.command('audit').description('The hash-chained log of every change of power');
  audit
    .command('list')
    .description('Newest events first')
    .option('--limit <n>', 'how many', LISTED_DEFAULT)
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab audit list --limit 5')
    .action(async (options: CommandOptions & { readonly limit: string }) => {
      const events = await listAudit(await context.database(), await context.project(), {
        limit: readCount(options.limit, '--limit', LISTED_MAX),
      });
      if (options.json === true) {
        printJson(context, events);
        return;
      }
      const rows = events.map((event) => [
        event.sequence,
        event.happenedAt.toISOString(),
        event.action,
        event.actor,
        event.subject.slice(0, 12),
        event.reason,
      ]);
      printTable(context, ['#', 'time', 'action', 'actor', 'subject', 'reason'], rows);
    });
  audit
    .command('verify')
    .description('Walk the chain; fails and names the first event that was edited, removed or moved')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab audit verify')
    .action(async (options: CommandOptions) => {
      const verdict = await verifyAuditChain(await context.database(), await context.project());
      if (options.json === true) printJson(context, verdict);
      else if (verdict.valid)
        printLine(context, `The chain of ${verdict.count} events is whole; its head is ${verdict.head}.`);
      else printLine(context, `Event ${verdict.sequence} ${verdict.reason}.`);
      if (!verdict.valid) context.fail();
    });
}
