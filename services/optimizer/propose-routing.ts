import type { Governance } from '#shared/domain/governance.ts';
import { type PolicyBody, policyBodySchema } from '#shared/domain/policy.ts';
import { describeModels, type ModelAssessment, qualityRulesOf } from './routing/assess-models.ts';
import type { RoutingReason } from './routing/choose-model.ts';
import { diffPolicies, type PolicyChange } from './routing/diff-policies.ts';
import { learnRouting } from './routing/learn-routing.ts';
import { planPolicy } from './routing/plan-policy.ts';
import type { RoutingAlarm, RoutingCell } from './routing/routing-cell.ts';

export interface ProposeRoutingInput {
  readonly current: PolicyBody;
  readonly governance: Governance;
  /** Sessions by turn shape and model; of one turn shape version. */
  readonly cells: readonly RoutingCell[];
  /** Alarms that took a model out of a shape, so that it does not come back before it has recovered. */
  readonly alarms?: readonly RoutingAlarm[];
}

/** Why one route serves one turn shape as it does: what `trimtab status` shows. */
export interface RoutingExplanation {
  readonly routeId: string;
  /** Null for a route over all shapes, of which only exploration is decided. */
  readonly turnShape: string | null;
  readonly currentModel: string;
  readonly chosenModel: string;
  readonly exploredModel: string | null;
  readonly reason: RoutingReason;
  /** Per model: sessions so far, bounds, verdict, and how many sessions more a proof would take. */
  readonly models: readonly ModelAssessment[];
}

export type RoutingProposal =
  | { readonly type: 'off' }
  | { readonly type: 'nothing'; readonly explanations: readonly RoutingExplanation[] }
  | {
      readonly type: 'draft';
      readonly body: PolicyBody;
      readonly changes: readonly PolicyChange[];
      readonly explanations: readonly RoutingExplanation[];
    };

/** The policy that routing should move to by all that the sessions have shown, with the reasons for people to read. */
export function proposeRouting(input: ProposeRoutingInput): RoutingProposal {
  const { governance, current, cells } = input;
  if (governance.weights === 'off' || governance.models.length === 0) return { type: 'off' };
  const state = learnRouting(cells, input.alarms ?? [], qualityRulesOf(governance));
  const plan = planPolicy({ current, governance, state, cells });
  const { decisions } = plan;
  const body = policyBodySchema.parse(plan.body);
  const explanations = decisions.map(({ standings, exploredModels, ...decision }) => ({
    ...decision,
    exploredModel: exploredModels[0] ?? null,
    models: describeModels(standings, cells, governance, { state, turnShape: decision.turnShape }),
  }));
  const changes = diffPolicies(current, body);
  return changes.length === 0 ? { type: 'nothing', explanations } : { type: 'draft', body, changes, explanations };
}
