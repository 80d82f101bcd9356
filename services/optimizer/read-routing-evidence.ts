import { readDemotions } from '#shared/database/alarm-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { readSessionCells, type SessionCell } from '#shared/database/estimation-store.ts';
import { listRefused } from '#shared/database/read-cool-off.ts';
import { type JudgeDriftPeriod, readDriftPeriods } from './read-judge-drift.ts';
import { type RefusedModel, refusedModels } from './routing/refused-models.ts';
import type { RoutingAlarm } from './routing/routing-cell.ts';

/** Sessions older than this say little of a model that its provider changes under us. */
const ESTIMATION_WINDOW_MS = 30 * 86_400_000;

/** All that routing is decided from. */
export interface RoutingEvidence {
  readonly cells: readonly SessionCell[];
  readonly alarms: readonly RoutingAlarm[];
  /** Models that a canary refused lately. */
  readonly refused: readonly RefusedModel[];
  /** Judges that are or were away from their anchors. */
  readonly drifts: readonly JudgeDriftPeriod[];
}

/** What the sessions that were closed before a moment have shown; reads only. */
export async function readRoutingEvidence(
  database: Database,
  projectId: string,
  { asOf, sessionsPerCellMax }: { readonly asOf: Date; readonly sessionsPerCellMax: number },
): Promise<RoutingEvidence> {
  const window = { since: new Date(asOf.getTime() - ESTIMATION_WINDOW_MS), asOf, sessionsPerCellMax };
  const drifts = await readDriftPeriods(database, projectId);
  const cells = await readSessionCells(database, projectId, { ...window, drifts });
  const alarms = await readDemotions(database, projectId, window);
  const refused = refusedModels(await listRefused(database, projectId, asOf));
  return { cells, alarms, refused, drifts };
}
