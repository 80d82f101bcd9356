import { readDemotions } from '#shared/database/alarm-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { readSessionCells } from '#shared/database/estimation-store.ts';
import type { Policy } from '#shared/database/policy-store.ts';
import type { Governance } from '#shared/domain/governance.ts';
import type { RoutingDecision } from './cycle-checkpoint.ts';
import { SESSIONS_PER_CELL_MAX } from './estimation/estimate-quality.ts';
import { proposeRouting } from './propose-routing.ts';

/** Sessions older than this say little of a model that its provider changes under us. */
const ESTIMATION_WINDOW_MS = 30 * 86_400_000;

/**
 * What routing should become by the sessions that were closed before a moment: a draft and the reasons per turn shape.
 * Reads only, so that a dry run does the same.
 */
export async function decideRouting(
  database: Database,
  stable: Policy,
  governance: Governance,
  asOf: Date,
): Promise<RoutingDecision> {
  const window = {
    since: new Date(asOf.getTime() - ESTIMATION_WINDOW_MS),
    asOf,
    sessionsPerCellMax: SESSIONS_PER_CELL_MAX,
  };
  const cells = await readSessionCells(database, stable.projectId, window);
  const alarms = await readDemotions(database, stable.projectId, window);
  const proposal = proposeRouting({ current: stable.body, governance, cells, alarms });
  const nothing = { type: 'nothing', parentId: stable.policyId, draft: null } as const;
  if (proposal.type === 'off') return { ...nothing, reason: 'off', explanations: [] };
  const explanations = [...proposal.explanations];
  if (proposal.type === 'nothing') return { ...nothing, reason: 'no_change', explanations };
  const rising = proposal.changes.filter((change) => change.to > change.from).map((change) => change.model);
  return {
    ...{ type: 'draft', reason: null, explanations, parentId: stable.policyId },
    draft: {
      body: proposal.body,
      reason: `towards the cheapest proven model: ${[...new Set(rising)].join(', ')}`,
      evidence: { asOf: asOf.toISOString(), changes: proposal.changes, explanations },
      explorationOnly: proposal.changes.every((change) => change.type === 'exploration'),
    },
  };
}
