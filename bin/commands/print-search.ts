import type { PromptRun } from '#shared/database/prompt-run-store.ts';
import { runResultSchema } from '../../services/optimizer/prompts/runs/run-result.ts';
import { runSettingsSchema } from '../../services/optimizer/prompts/runs/run-settings.ts';
import type { CommandContext } from './command-context.ts';
import { describeReason } from './describe-reason.ts';
import { printable, printLine } from './print.ts';

/** How a search ended, or where it stands. */
export function printSearch(context: CommandContext, run: PromptRun): void {
  const result = runResultSchema.safeParse(run.result).data;
  const settings = runSettingsSchema.safeParse(run.settings).data;
  const cell =
    settings === undefined ? '' : ` for ${settings.cell.check} on ${settings.cell.model} in ${settings.cell.turnShape}`;
  printLine(context, printable(`Search ${run.promptRunId.slice(0, 8)} (${run.optimizer})${cell}: ${run.status}`));
  const reason = reasonOf(run);
  const fields: Record<string, string> = {
    ...(reason === null ? {} : { why: describeReason(reason) }),
    cost: `$${run.costUsd.toFixed(4)}${run.budgetUsd === null ? '' : ` of $${run.budgetUsd.toFixed(2)}`}`,
  };
  if (result !== undefined) {
    const { difference, confidence, price } = result;
    fields['candidates'] = `${result.candidates}, ${result.refused} refused`;
    fields['stopped'] = result.stop.replaceAll('_', ' ');
    if (difference !== null) {
      fields['improvement'] =
        `${difference.mean >= 0 ? '+' : ''}${difference.mean.toFixed(3)} on ${difference.rows} calls it had not seen; at least ${difference.lower.toFixed(3)} with ${(100 * confidence).toFixed(0)} % confidence`;
    }
    if (price !== null) {
      fields['price'] =
        `${price.tokens} tokens (before: ${price.tokensBefore}), ${(100 * price.shareOfCall).toFixed(1)} % of a call; $${price.cacheLossUsd.toFixed(4)} once for caches`;
    }
    const broken = result.newFailures.map(({ check }) => check);
    if (broken.length > 0) fields['breaks'] = [...new Set(broken)].join(', ');
  }
  if (run.candidatePrefixId !== null) fields['prefix'] = run.candidatePrefixId.slice(0, 12);
  for (const [name, value] of Object.entries(fields)) printLine(context, `  ${name.padEnd(12)} ${printable(value)}`);
}

/** Why a search ended as it did; null while it goes on. */
export function reasonOf({ result }: Pick<PromptRun, 'result'>): string | null {
  return typeof result === 'object' && result !== null && 'reason' in result ? String(result.reason) : null;
}
