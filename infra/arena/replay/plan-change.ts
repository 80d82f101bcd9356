import type { Governance } from '#shared/domain/governance.ts';
import type { PolicyBody } from '#shared/domain/policy.ts';
import { type PolicyPlan, planPolicy } from '../../../services/optimizer/routing/plan-policy.ts';
import type { RoutingCell } from '../../../services/optimizer/routing/routing-cell.ts';
import { cellOf, type RoutingState } from '../../../services/optimizer/routing/routing-state.ts';
import { servedModel, targetsOf } from './replay-policy.ts';
import type { ShapeChange } from './replay-rollouts.ts';

interface PlanningInput {
  readonly current: PolicyBody;
  readonly governance: Governance;
  readonly state: RoutingState;
  readonly cells: readonly RoutingCell[];
  readonly isCooling: (change: ShapeChange) => boolean;
}

/**
 * What routing would do now, were what cools off no choice, and the change of it that would save most. A model that is
 * only likely to be good enough gets its canary too: it is the canary that proves it, so that it is tried at full weight.
 */
export function planChange(input: PlanningInput): {
  readonly plan: PolicyPlan;
  readonly change: ShapeChange | null;
} {
  const plan = planPolicy({ ...input, state: withoutCooling(input) });
  let change: ShapeChange | null = null;
  let most = Number.NEGATIVE_INFINITY;
  for (const { turnShape, standings } of plan.decisions) {
    if (turnShape === null) continue;
    const cost = (model: string) => standings.find((each) => each.model === model)?.expectedCostUsd ?? 0;
    const from = servedModel(input.current, turnShape);
    for (const to of targetsOf(plan.body, turnShape)) {
      const saving = (cost(from) - cost(to)) * (input.state.shapes[turnShape] ?? 0);
      // Routing may still name it where nothing else is known of the shape.
      if (to === from || saving <= most || input.isCooling({ turnShape, from, to })) continue;
      change = { turnShape, from, to };
      most = saving;
    }
  }
  return { plan, change };
}

/** A model that a canary has refused in place of what is served is as good as below the bar until its cool-off is over. */
function withoutCooling({ current, governance, state, isCooling }: PlanningInput): RoutingState {
  let next = state;
  for (const turnShape of Object.keys(state.shapes)) {
    for (const { id: to } of governance.models) {
      if (!isCooling({ turnShape, from: servedModel(current, turnShape), to })) continue;
      const cell = { ...cellOf(next, turnShape, to), phase: 'below' as const, resumeAt: Number.MAX_SAFE_INTEGER };
      next = { ...next, cells: { ...next.cells, [turnShape]: { ...next.cells[turnShape], [to]: cell } } };
    }
  }
  return next;
}
