import * as z from 'zod';
import { type CyclePlan, type PlannedDraft, planCycle } from '../../services/optimizer/plan-cycle.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { describeReason } from './describe-reason.ts';
import { printJson, printLine } from './print.ts';

const explanationSchema = z.looseObject({
  routeId: z.string(),
  turnShape: z.string().nullable(),
  currentModel: z.string(),
  chosenModel: z.string(),
  reason: z.string(),
  held: z.string().nullable().default(null),
});

const OUTCOMES: Readonly<Record<PlannedDraft['outcome'], string>> = {
  propose: 'It would be stored as a proposal, for a person to activate.',
  activate: 'It would be activated without a canary: no more than a step between models that are served.',
  open_canary: 'A canary of it would be opened.',
  hold: 'It would be stored, and held back',
};

/** What a cycle would do now, and why, turn shape by turn shape. */
export async function printPlan(context: CommandContext, options: CommandOptions): Promise<void> {
  const projectId = await context.project();
  const plan = await planCycle(await context.database(), { projectId, nowMs: context.now() });
  if (options.json === true) printJson(context, plan);
  else for (const line of describePlan(plan)) printLine(context, line);
}

/** The plan in lines for people. */
export function describePlan(plan: CyclePlan): string[] {
  const { stable, routing, prefixes } = plan;
  if (stable === null || routing === null) return ['There is no active policy yet; a run would do nothing.'];
  const lines = [`As of ${plan.asOf}, with v${stable.number} served. Nothing is done.`, ''];
  lines.push(`Routing (${routing.mode}):${routing.reason === null ? '' : ` ${describeReason(routing.reason)}`}`);
  lines.push(...routing.judgeDrifts.map(describeDrift));
  for (const explanation of routing.explanations) {
    const parsed = explanationSchema.safeParse(explanation);
    if (!parsed.success) continue;
    const { turnShape, routeId, currentModel, chosenModel, reason, held } = parsed.data;
    const models = currentModel === chosenModel ? currentModel : `${currentModel} -> ${chosenModel}`;
    lines.push(
      `  ${turnShape ?? `all of ${routeId}`}: ${models} (${describeReason(reason)})${held === null ? '' : `; ${held}`}`,
    );
  }
  if (routing.offPolicy !== null) lines.push('', ...describeVerdict(routing.offPolicy));
  if (routing.draft !== null) lines.push('', ...describeDraft(routing.draft));
  lines.push('', `Prefixes (${prefixes?.mode}): ${PREFIXES[prefixes?.mode ?? 'off']}`);
  return lines;
}

function describeDrift({ judge, rubric, since, until }: NonNullable<CyclePlan['routing']>['judgeDrifts'][number]) {
  const end = until === null ? '' : ` until ${until.slice(0, 10)}`;
  return `  held: judge drift since ${since.slice(0, 10)}${end} (${judge}, ${rubric}): sessions that it judged count for nothing`;
}

/** What logged sessions say of the draft, with the three estimates where there are any. */
function describeVerdict({ result, reason, comparison }: NonNullable<NonNullable<CyclePlan['routing']>['offPolicy']>) {
  const lines = [`Held against logged sessions: ${describeReason(result)} (${reason}).`];
  if (comparison === null || comparison.affected === 0) return lines;
  const { draft, incumbent, affected, sessions } = comparison;
  lines.push(`  it changes ${affected} of ${sessions} sessions with a logged chance; quality with 95 % intervals:`);
  for (const name of ['dr', 'snips', 'ips'] as const) {
    lines.push(
      `  ${name.padEnd(5)} draft ${describeInterval(draft[name])}, served ${describeInterval(incumbent[name])}`,
    );
  }
  return lines;
}

function describeInterval(interval: { readonly value: number; readonly low: number; readonly high: number } | null) {
  if (interval === null) return 'unknown';
  return `${interval.value.toFixed(3)} (${interval.low.toFixed(3)} to ${interval.high.toFixed(3)})`;
}

const PREFIXES = {
  off: 'no search',
  propose: 'a search within the budget, if a cluster can be mended by one; what it proves becomes a proposal',
  automatic: 'a search within the budget, if a cluster can be mended by one; what it proves becomes a canary',
} as const;

function describeDraft(draft: PlannedDraft): string[] {
  const held = draft.heldBy === null ? '' : `: ${describeReason(draft.heldBy)}.`;
  return [
    `Policy ${draft.policyId.slice(0, 12)}, ${draft.why}:`,
    ...draft.changes.map((change) => `  ${change}`),
    `${OUTCOMES[draft.outcome]}${held}`,
  ];
}
