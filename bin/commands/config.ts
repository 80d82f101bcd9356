import type { Command } from 'commander';
import { inspectConfig } from '#shared/config/load-config.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { describeMissingSecret } from './describe-missing-secret.ts';
import { printJson, printLine } from './print.ts';

export function registerConfig(program: Command, context: CommandContext): void {
  const config = program.command('config').description('The configuration file');
  config
    .command('check [file]')
    .description('Validate trimtab.yaml: every problem with its line and its fix')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab config check\n  trimtab config check staging.yaml --json')
    .action(async (file: string | undefined, options: CommandOptions) => {
      const path = file ?? context.environment.configPath;
      const { config: parsed, missingSecrets } = await inspectConfig(path, context.environment.variables);
      if (options.json === true) {
        printJson(context, { ok: true, path, missingSecrets, models: parsed.models.map((model) => model.id) });
        return;
      }
      printLine(context, `${path} is valid: ${parsed.models.length} models, ${parsed.routes.length} routes.`);
      for (const missing of missingSecrets) printLine(context, `  ${describeMissingSecret(missing, parsed)}`);
      const { weights, prefixes } = parsed.governance;
      printLine(context, `  Routing weights: ${weights}. Prompt prefixes: ${prefixes}.`);
      if (parsed.judges.length === 0) printLine(context, '  No judge: deterministic scorers only.');
    });
}
