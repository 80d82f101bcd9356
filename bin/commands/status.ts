import type { Command } from 'commander';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { printJson } from './print.ts';
import { printStatus } from './print-status.ts';
import { readSystemStatus } from './read-system-status.ts';

export function registerStatus(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('Is it doing anything, and if not, why: services, policies, sessions per turn shape, the last run')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab status\n  trimtab status --json\n\nWorks while the services are down.')
    .action(async (options: CommandOptions) => {
      const status = await readSystemStatus(context);
      if (options.json === true) printJson(context, status);
      else printStatus(context, status);
    });
}
