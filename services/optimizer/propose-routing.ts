import type { Governance } from '#shared/domain/governance.ts';
import { type PolicyBody, policyBodySchema } from '#shared/domain/policy.ts';
import type { WeightedShare } from '#shared/domain/weighted-share.ts';
import { type HeldCells, heldKey, holdForDrift } from './estimation/judge-drift-hold.ts';
import { estimateLatency, isSlower, type Latency } from './evidence/estimate-latency.ts';
import type { EvidenceCell } from './evidence/evidence-cell.ts';
import { offScale, type QualityScale, scaleCells, scaleGovernance, scaleOf } from './evidence/quality-scale.ts';
import { weighedMean } from './evidence/weighed-mean.ts';
import { describeModels, type ModelAssessment, qualityRulesOf } from './routing/assess-models.ts';
import type { RoutingReason } from './routing/choose-model.ts';
import { diffPolicies, type PolicyChange } from './routing/diff-policies.ts';
import { learnRouting } from './routing/learn-routing.ts';
import { planPolicy } from './routing/plan-policy.ts';
import { isServed, type RefusedModel } from './routing/refused-models.ts';
import type { RoutingAlarm } from './routing/routing-cell.ts';
import { cellOf, type RoutingState } from './routing/routing-state.ts';

export interface ProposeRoutingInput {
  readonly current: PolicyBody;
  readonly governance: Governance;
  /** Sessions by turn shape and model; of one turn shape version. */
  readonly cells: readonly EvidenceCell[];
  /** Alarms that took a model out of a shape, so that it does not come back before it has recovered. */
  readonly alarms?: readonly RoutingAlarm[];
  /** Models that a canary refused lately, and that are left alone until the cool-off of the change is over. */
  readonly refused?: readonly RefusedModel[];
  /** Judges that are or were away from their anchors, for the explanations of what is held. */
  readonly drifts?: readonly { readonly judge: string; readonly since: Date }[];
}

/** A model in one turn shape with all that bears on its choice. */
export interface ExplainedModel extends Omit<ModelAssessment, 'verdict'> {
  readonly verdict: ModelAssessment['verdict'] | 'too_slow';
  /** Its mean quality weighed by the chances of its sessions; null where none was logged. */
  readonly weighed: WeightedShare | null;
  readonly latency: Latency;
  /** Sessions that count for nothing, because a judge that had moved had a say in them. */
  readonly heldSessions: number;
}

/** Why one route serves one turn shape as it does: what `trimtab status` shows. */
export interface RoutingExplanation {
  readonly routeId: string;
  /** Null for a route over all shapes, of which only exploration is decided. */
  readonly turnShape: string | null;
  readonly currentModel: string;
  readonly chosenModel: string;
  readonly exploredModel: string | null;
  readonly reason: RoutingReason | 'current_too_slow';
  /** `held: judge drift since 2026-05-03 (a-judge)` where sessions of the shape are held; else null. */
  readonly held: string | null;
  /** Per model: sessions so far, bounds, verdict, and how many sessions more a proof would take. */
  readonly models: readonly ExplainedModel[];
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
  const { current } = input;
  if (input.governance.weights === 'off' || input.governance.models.length === 0) return { type: 'off' };
  const drift = holdForDrift(input.cells);
  const scale = scaleOf(drift.cells);
  const cells = scaleCells(drift.cells, scale);
  const governance = scaleGovernance(input.governance, scale);
  const alarms = [...(input.alarms ?? []), ...drift.falls];
  const slow = slowModels(input);
  const refused = (input.refused ?? []).filter((each) => !isServed(current, each));
  const learned = learnRouting(cells, alarms, qualityRulesOf(governance));
  const state = withoutModels(learned, [...slow.values(), ...refused]);
  const plan = planPolicy({ current, governance, state, cells });
  const body = policyBodySchema.parse(plan.body);
  const explanations = plan.decisions.map(({ standings, exploredModels, ...decision }): RoutingExplanation => {
    const { turnShape } = decision;
    const models = describeModels(standings, cells, governance, { state, turnShape });
    const left = slow.has(heldKey({ turnShape: turnShape ?? '', model: decision.currentModel }));
    return {
      ...decision,
      reason: decision.reason === 'current_below_bar' && left ? 'current_too_slow' : decision.reason,
      exploredModel: exploredModels[0] ?? null,
      held: whatHolds(input, drift, turnShape),
      models: models.map((model) => explain(model, turnShape, { cells: input.cells, slow, scale, drift })),
    };
  });
  const changes = diffPolicies(current, body);
  return changes.length === 0 ? { type: 'nothing', explanations } : { type: 'draft', body, changes, explanations };
}

/** Models that governance's limit rules out of a shape, beyond doubt. */
function slowModels({ governance, cells }: ProposeRoutingInput): ReadonlyMap<string, EvidenceCell> {
  const { p95MaxMs } = governance.latency;
  if (p95MaxMs === undefined) return new Map();
  const slow = cells.filter((cell) => isSlower(estimateLatency([cell], cell), p95MaxMs));
  return new Map(slow.map((cell) => [heldKey(cell), cell]));
}

/**
 * Too slow is as good as below the bar, and no back-off ends it: the sessions that show it have to grow old. So is what a
 * canary refused, until its cool-off is over: or the same change would be proposed every night, and nothing else tried.
 */
function withoutModels(
  state: RoutingState,
  models: readonly { readonly turnShape: string; readonly model: string }[],
): RoutingState {
  let next = state;
  for (const { turnShape, model } of models) {
    const cell = { ...cellOf(next, turnShape, model), phase: 'below' as const, resumeAt: Number.MAX_SAFE_INTEGER };
    next = { ...next, cells: { ...next.cells, [turnShape]: { ...next.cells[turnShape], [model]: cell } } };
  }
  return next;
}

function whatHolds(
  { cells, drifts = [] }: ProposeRoutingInput,
  { held }: HeldCells<EvidenceCell>,
  turnShape: string | null,
): string | null {
  const isHeld = cells.some((cell) => (turnShape === null || cell.turnShape === turnShape) && held.has(heldKey(cell)));
  if (!isHeld) return null;
  const moved = drifts.map(({ judge, since }) => `${since.toISOString().slice(0, 10)} (${judge})`);
  return `held: judge drift since ${moved.join(', ')}`;
}

function explain(
  assessed: ModelAssessment,
  turnShape: string | null,
  of: {
    readonly cells: readonly EvidenceCell[];
    readonly slow: ReadonlyMap<string, EvidenceCell>;
    readonly scale: QualityScale;
    readonly drift: HeldCells<EvidenceCell>;
  },
): ExplainedModel {
  const { model } = assessed;
  const held = of.cells.filter((cell) => cell.model === model && (turnShape === null || cell.turnShape === turnShape));
  const off = (quality: number) => offScale(quality, of.scale);
  return {
    ...assessed,
    believed: off(assessed.believed),
    mean: assessed.mean === null ? null : off(assessed.mean),
    lower: off(assessed.lower),
    upper: off(assessed.upper),
    verdict: of.slow.has(heldKey({ turnShape: turnShape ?? '', model })) ? 'too_slow' : assessed.verdict,
    weighed: weighedMean(of.drift.cells, { turnShape, model }),
    latency: estimateLatency(of.cells, { turnShape, model }),
    heldSessions: held.reduce((sum, cell) => sum + (of.drift.held.get(heldKey(cell)) ?? 0), 0),
  };
}
