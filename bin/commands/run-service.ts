import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { systemConnectionString } from './connect-to-running-system.ts';
import { reportError } from './report-error.ts';

const SERVICES = [
  ['gateway', 'Translates, routes and records calls', () => import('../../services/gateway/main.ts')],
  ['evaluator', 'Scores what the gateway recorded', () => import('../../services/evaluator/main.ts')],
  [
    'optimizer',
    'Clusters failures, proposes policies, serves the API',
    () => import('../../services/optimizer/main.ts'),
  ],
] as const;

/** One service alone, for machines that run several; `trimtab up` runs all three as children. */
export function registerServices(program: Command, context: CommandContext): void {
  for (const [name, description, load] of SERVICES) {
    program
      .command(name)
      .description(`Run only the ${name} in the foreground: ${description.toLowerCase()}`)
      .addHelpText(
        'after',
        `\nExample:\n  DATABASE_URL=postgres://... trimtab ${name}\n\nRun \`trimtab migrate\` first. Its settings are those of trimtab.yaml and the environment; Ctrl-C stops it.`,
      )
      .action(() => runService(context, load));
  }
}

/** Returns when the service has started; it runs on until a signal, which it handles itself, and ends the process. */
async function runService(context: CommandContext, load: () => Promise<unknown>): Promise<void> {
  if (context.environment.databaseUrl === undefined) {
    process.env['DATABASE_URL'] = systemConnectionString(context.environment);
  }
  try {
    await load();
  } catch (error) {
    // What it has opened so far would keep the process alive.
    process.exit(reportError(error, context.stderr, { json: false, stack: true }));
  }
}
