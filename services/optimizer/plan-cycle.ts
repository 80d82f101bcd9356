import type { Database } from '#shared/database/connect.ts';
import { readControl } from '#shared/database/optimizer-control.ts';
import { readPointer } from '#shared/database/pointer-store.ts';
import { type Policy, policyIdOf, readPolicy } from '#shared/database/policy-store.ts';
import { readChangeRate } from '#shared/database/read-change-rate.ts';
import { readCoolOffOfChange } from '#shared/database/read-cool-off.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { describePolicyDiff } from '#shared/domain/describe-policy-diff.ts';
import type { AutomationMode, Governance } from '#shared/domain/governance.ts';
import type { PolicyBody } from '#shared/domain/policy.ts';
import { assessRisk, type RiskAssessment, riskRulesOf } from '#shared/domain/policy-risk.ts';
import type { RoutingDecision } from './cycle-checkpoint.ts';
import { decideRouting } from './decide-routing.ts';
import type { OffPolicyVerdict } from './off-policy/check-draft.ts';
import { checkRouting } from './off-policy/check-routing.ts';

/** What a cycle would do now, without doing it. */
export interface CyclePlan {
  readonly asOf: string;
  /** Null before the first policy. */
  readonly stable: { readonly policyId: string; readonly number: number } | null;
  readonly routing: {
    readonly mode: AutomationMode;
    readonly reason: RoutingDecision['reason'];
    readonly explanations: readonly unknown[];
    /** Judges that are or were away from their anchors: sessions that they had a say in then count for nothing. */
    readonly judgeDrifts: RoutingDecision['judgeDrifts'];
    /** What logged sessions say of the draft; null without one. */
    readonly offPolicy: OffPolicyVerdict | null;
    readonly draft: PlannedDraft | null;
  } | null;
  readonly prefixes: { readonly mode: AutomationMode } | null;
}

export interface PlannedDraft extends RiskAssessment {
  /** The id that the policy would have: it is the hash of its body. */
  readonly policyId: string;
  readonly why: string;
  readonly changes: readonly string[];
  readonly body: PolicyBody;
  /** `propose`: left to a person. `hold`: stored, and held back by `heldBy`. */
  readonly outcome: 'propose' | 'activate' | 'open_canary' | 'hold';
  readonly heldBy: string | null;
}

/**
 * The routing half of a cycle up to the moment of writing, and what would become of its draft. Reads only, and needs no
 * optimizer. What a prefix search would find cannot be known without paying for it.
 */
export async function planCycle(
  database: Database,
  options: { readonly projectId: string; readonly nowMs: number },
): Promise<CyclePlan> {
  const { projectId } = options;
  const asOf = new Date(options.nowMs);
  const governance = (await readGovernance(database, projectId))?.body ?? null;
  const pointer = await readPointer(database, projectId);
  const stable = pointer === null ? null : await readPolicy(database, projectId, pointer.stable);
  if (governance === null || stable === null) {
    return { asOf: asOf.toISOString(), stable: null, routing: null, prefixes: null };
  }
  const decision = await decideRouting(database, stable, governance, asOf);
  const { reason, explanations, judgeDrifts } = decision;
  const { verdict: offPolicy, draft } = await checkRouting(database, projectId, decision, governance, asOf);
  return {
    asOf: asOf.toISOString(),
    stable: { policyId: stable.policyId, number: stable.number },
    routing: {
      ...{ mode: governance.weights, reason, explanations, judgeDrifts, offPolicy },
      draft: draft === null ? null : await planDraft(database, stable, governance, draft),
    },
    prefixes: { mode: governance.prefixes },
  };
}

async function planDraft(
  database: Database,
  stable: Policy,
  governance: Governance,
  draft: NonNullable<RoutingDecision['draft']>,
): Promise<PlannedDraft> {
  const { body } = draft;
  const assessed = assessRisk(stable.body, body, riskRulesOf(governance));
  const heldBy =
    governance.weights === 'automatic'
      ? (draft.heldBy ?? (await whatHolds(database, stable, governance, body, assessed)))
      : null;
  const direct = draft.explorationOnly || assessed.riskClass === 'automatic';
  return {
    ...assessed,
    policyId: policyIdOf(body),
    why: draft.reason,
    changes: describePolicyDiff(stable.body, body),
    body,
    outcome:
      governance.weights !== 'automatic' ? 'propose' : heldBy !== null ? 'hold' : direct ? 'activate' : 'open_canary',
    heldBy,
  };
}

async function whatHolds(
  database: Database,
  { projectId, body: before }: Policy,
  governance: Governance,
  body: PolicyBody,
  { riskClass }: RiskAssessment,
): Promise<string | null> {
  const control = await readControl(database, projectId);
  if (control?.paused) return 'paused';
  if (control !== null && control.pinnedPolicy !== null) return 'pinned';
  if (riskClass === 'human') return 'human_only';
  const pointer = await readPointer(database, projectId);
  if (pointer !== null && pointer.rolloutId !== null) return 'rollout_running';
  if ((await readCoolOffOfChange(database, projectId, before, body)) !== null) return 'cool_off';
  return (await readChangeRate(database, projectId)) >= governance.changesPerDay ? 'rate_limit' : null;
}
