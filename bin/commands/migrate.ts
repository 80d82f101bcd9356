import type { Command } from 'commander';
import { migrateAll } from '#shared/database/migrate.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { databaseUnavailable, systemConnectionString } from './connect-to-running-system.ts';
import { prepareSystem } from './prepare-system.ts';
import { printJson, printLine } from './print.ts';

export function registerMigrate(program: Command, context: CommandContext): void {
  program
    .command('migrate')
    .description('Bring the database to the newest schema and import the configuration; `trimtab up` does so itself')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  DATABASE_URL=postgres://... trimtab migrate\n\nRun it before the services of a new version; it can be repeated.',
    )
    .action((options: CommandOptions) => migrate(context, options));
}

async function migrate(context: CommandContext, options: CommandOptions): Promise<void> {
  const { environment } = context;
  // A broken file is found before anything is changed.
  const config = await context.config();
  const databaseUrl = systemConnectionString(environment);
  const { applied } = await migrateAll(databaseUrl).catch((cause: unknown) => {
    throw cause instanceof TrimtabError ? cause : databaseUnavailable(environment, cause);
  });
  const notes =
    config === null
      ? [`There is no ${environment.configPath}, so no governance was imported.`]
      : await prepareSystem({
          databaseUrl,
          config,
          configPath: environment.configPath,
        });
  if (options.json === true) {
    printJson(context, { applied, notes });
    return;
  }
  printLine(context, applied.length === 0 ? 'The schema is up to date.' : `Applied ${applied.join(', ')}.`);
  for (const note of notes) printLine(context, note);
}
