import type { Command } from 'commander';
import { listModelTokens } from '#shared/database/token-calibration-store.ts';
import type { CalibrationFigure } from '#shared/domain/token-calibration.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { age, printJson, printLine, printTable } from './print.ts';

export function registerProviders(program: Command, context: CommandContext): void {
  program
    .command('providers')
    .description('Models by provider, and how their token counts differ from ours')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nColumns: the factor that corrects our counts, and of how many calls it was learned.\n' +
        '  estimate   the quick estimate by size that routing and costs begin with\n' +
        '  prompt     counted prompts, as count_tokens answers them\n' +
        '  growth     what a turn adds to a prompt\n' +
        '  answer     counted answers\n' +
        '\nExample:\n  trimtab providers\n  trimtab providers --json',
    )
    .action((options: CommandOptions) => providers(context, options));
}

async function providers(context: CommandContext, options: CommandOptions): Promise<void> {
  const models = await listModelTokens(await context.database(), await context.project());
  if (options.json === true) {
    printJson(context, models);
    return;
  }
  const now = context.now();
  printTable(
    context,
    ['provider', 'model', 'estimate', 'prompt', 'growth', 'answer', 'learned'],
    models.map(({ provider, model, estimate, prompt, growth, answer, updatedAt }) => [
      ...[provider, model, figure(estimate), figure(prompt), figure(growth), figure(answer)],
      updatedAt === null ? null : `${age(updatedAt, now)} ago`,
    ]),
  );
  if (models.length === 0) printLine(context, 'No model is on the allow-list.');
}

function figure({ seen, factor }: CalibrationFigure): string | null {
  return seen === 0 ? null : `x${factor.toFixed(2)} (${seen})`;
}
