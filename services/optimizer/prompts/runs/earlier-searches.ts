import type { PromptRun } from '#shared/database/prompt-run-store.ts';
import type { EarlierSearch } from './pick-clusters.ts';
import { runResultSchema } from './run-result.ts';
import { runPlanSchema, runSettingsSchema } from './run-settings.ts';

const DAY_MS = 86_400_000;
/** A cell that a search has just failed on waits this long for the next one. */
const COOL_OFF_MS = 3 * DAY_MS;
/** What says nothing of the cell: it may be tried again at once. */
const NO_VERDICT: ReadonlySet<string> = new Set([
  'cancelled',
  'calls_erased',
  'optimizer_changed',
  'replays_timed_out',
  'unknown_optimizer',
  'no_teacher',
  'purged',
]);

/** What a search of before says for the choice of tonight; nothing when its cell is not known any more. */
export function earlierSearchOf(
  run: PromptRun,
  now: { readonly nowMs: number; readonly replayCalls: number },
): EarlierSearch[] {
  const settings = runSettingsSchema.safeParse(run.settings).data;
  if (settings === undefined) return [];
  const { clusterId, turnShape, model, check } = settings.cell;
  const result = runResultSchema.safeParse(run.result).data;
  const isRecent = run.createdAt.getTime() > now.nowMs - COOL_OFF_MS;
  const gain = result === undefined ? null : result.accepted ? (result.difference?.mean ?? 0) : 0;
  return [{ clusterId, turnShape, model, check, gain, rests: isRecent && hasVerdict(run) && !lackedCalls(run, now) }];
}

function hasVerdict(run: PromptRun): boolean {
  const { result } = run;
  const reason = typeof result === 'object' && result !== null && 'reason' in result ? String(result.reason) : '';
  return !NO_VERDICT.has(run.status) && !NO_VERDICT.has(reason);
}

/**
 * A search that had fewer calls than it may have, and proved nothing, has not failed: a young cluster has only just
 * begun, and is looked at again when there is more of it.
 */
function lackedCalls(run: PromptRun, now: { readonly replayCalls: number }): boolean {
  const plan = runPlanSchema.safeParse(run.plan).data;
  const result = runResultSchema.safeParse(run.result).data;
  if (plan === undefined || result?.reason !== 'no_proof') return false;
  return plan.rows.failing + plan.rows.passing < now.replayCalls;
}
