import type { Database } from '#shared/database/connect.ts';
import type { Policy } from '#shared/database/policy-store.ts';
import type { Governance } from '#shared/domain/governance.ts';
import type { RoutingDecision } from './cycle-checkpoint.ts';
import { SESSIONS_PER_CELL_MAX } from './estimation/estimate-quality.ts';
import { proposeRouting } from './propose-routing.ts';
import type { JudgeDriftPeriod } from './read-judge-drift.ts';
import { readRoutingEvidence } from './read-routing-evidence.ts';

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
  const { cells, alarms, refused, drifts } = await readRoutingEvidence(database, stable.projectId, {
    asOf,
    sessionsPerCellMax: SESSIONS_PER_CELL_MAX,
  });
  const proposal = proposeRouting({ current: stable.body, governance, cells, alarms, refused, drifts });
  const judgeDrifts = drifts.map(describeDrift);
  const nothing = { type: 'nothing', parentId: stable.policyId, draft: null, judgeDrifts } as const;
  if (proposal.type === 'off') return { ...nothing, reason: 'off', explanations: [] };
  const explanations = [...proposal.explanations];
  if (proposal.type === 'nothing') return { ...nothing, reason: 'no_change', explanations };
  const rising = proposal.changes.filter((change) => change.to > change.from).map((change) => change.model);
  return {
    ...{ type: 'draft', reason: null, explanations, parentId: stable.policyId, judgeDrifts },
    draft: {
      body: proposal.body,
      reason: `towards the cheapest proven model: ${[...new Set(rising)].join(', ')}`,
      evidence: { asOf: asOf.toISOString(), changes: proposal.changes, explanations, judgeDrifts },
      explorationOnly: proposal.changes.every((change) => change.type === 'exploration'),
    },
  };
}

/** A drift as runs and status show it. */
export function describeDrift({ judge, rubric, since, until }: JudgeDriftPeriod) {
  return { judge, rubric, since: since.toISOString(), until: until?.toISOString() ?? null };
}
