import type { AllowedModel, Governance } from '#shared/domain/governance.ts';
import { type INPUT_SIZES, parseTurnShape } from '#shared/domain/turn-shape.ts';
import { logAbove } from '../estimation/bar-evidence.ts';
import { estimateQuality } from '../estimation/estimate-quality.ts';
import { shrunkRecentMean } from '../estimation/recent-mean.ts';
import {
  expectedSessionCostUsd,
  pooledTokenMix,
  sessionCostUsd,
  shrinkTokenMix,
  type TokenMix,
} from '../estimation/session-cost.ts';
import { SHRINKAGE_STRENGTH } from '../estimation/shrinkage.ts';
import type { ModelStanding } from './choose-model.ts';
import { believedError, believedQuality, type QualityRules, requiredQuality } from './required-quality.ts';
import type { RoutingCell } from './routing-cell.ts';
import { type CellState, cellOf, isDue, type RoutingState } from './routing-state.ts';

/** A model in one turn shape as people are shown it. */
export interface ModelAssessment extends ModelStanding {
  readonly sessions: number;
  readonly mean: number | null;
  readonly lower: number;
  readonly upper: number;
  /** `disproven` while it is found below the bar, or too unlikely to be at it; it is tried again after a back-off. */
  readonly verdict: 'proven' | 'disproven' | 'undecided';
  /** Further sessions that a proof takes at the quality seen so far; null when it would never come. */
  readonly sessionsNeeded: number | null;
}

/** Tells cheaper from dearer where no traffic says how much is read for each token written; agents mostly read. */
const NOMINAL_MIX: TokenMix = {
  sessions: 1,
  inputTokens: 30_000,
  cacheReadInputTokens: 0,
  cacheCreationInputTokens: 0,
  outputTokens: 10_000,
};
/** Context that a shape needs, in tokens: the upper bound of its input size. */
const CONTEXT_NEEDED: Readonly<Record<(typeof INPUT_SIZES)[number], number>> = {
  '4k': 4_000,
  '16k': 16_000,
  '64k': 64_000,
  '200k': 200_000,
  more: 200_001,
};

export interface AssessmentInput {
  readonly governance: Governance;
  readonly state: RoutingState;
  readonly cells: readonly Pick<RoutingCell, 'turnShape' | 'model' | 'tokens'>[];
  /** Null for a route over all shapes, whose cells are then taken together. */
  readonly turnShape: string | null;
  readonly fallbackModel: string;
}

/** The rules that governance sets for quality. */
export function qualityRulesOf(governance: Governance): QualityRules & { readonly alphaProven: number } {
  const { qualityBar, alphas } = governance;
  return { qualityBar, tolerance: alphas.provenTolerance, alphaProven: alphas.proven };
}

/** Every allow-listed model that can take the shape, cheapest first (those without a known cost last). */
export function assessModels(input: AssessmentInput): ModelStanding[] {
  const { governance, state, turnShape } = input;
  const costs = expectedCosts(input);
  return governance.models
    .filter((model) => fits(model, turnShape))
    .map((model) => standingOf(state, turnShape, model.id, costs.get(model.id) ?? null))
    .sort(byCost);
}

/** The same with bounds that are valid at any number of looks, for people to read. */
export function describeModels(
  standings: readonly ModelStanding[],
  cells: readonly RoutingCell[],
  governance: Governance,
  of: { readonly state: RoutingState; readonly turnShape: string | null },
): ModelAssessment[] {
  const rules = qualityRulesOf(governance);
  const required =
    of.turnShape === null ? rules.qualityBar - rules.tolerance : requiredQuality(of.state, of.turnShape, rules);
  return standings.map((standing) => {
    const qualities = cells
      .filter((cell) => cell.model === standing.model && (of.turnShape === null || cell.turnShape === of.turnShape))
      .flatMap((cell) => cell.sessions.map((session) => session.quality));
    const estimate = estimateQuality({ qualities, required: inside(required), alpha: rules.alphaProven });
    const verdict =
      standing.phase === 'proven' ? 'proven' : standing.phase === 'below' ? 'disproven' : ('undecided' as const);
    const { sessions, mean, lower, upper } = estimate;
    const sessionsNeeded = verdict === 'proven' ? 0 : estimate.sessionsNeeded;
    return { ...standing, sessions, mean, lower, upper, verdict, sessionsNeeded };
  });
}

function standingOf(
  state: RoutingState,
  turnShape: string | null,
  model: string,
  expectedCostUsd: number | null,
): ModelStanding {
  const cell = turnShape === null ? overall(state, model) : cellOf(state, turnShape, model);
  return {
    model,
    phase: cell.phase,
    due: turnShape !== null && isDue(state, turnShape, cell),
    wasProven: cell.wasProven,
    setbacks: cell.setbacks,
    roseElsewhere: cell.phase === 'below' && (state.models[model]?.rose ?? null) !== null,
    logAbove: logAbove(cell.evidence),
    believed: turnShape === null ? shrunkRecentMean(cell.quality, 0.5, 1) : believedQuality(state, turnShape, model),
    believedError: believedError(cell.quality),
    recentSessions: cell.quality.count,
    expectedCostUsd,
  };
}

/** A model over all shapes: undecided until every shape that knows it has decided alike. */
function overall(state: RoutingState, model: string): CellState {
  const known = Object.values(state.cells).flatMap((models) => models[model] ?? []);
  const first = known[0];
  const cell = cellOf(state, '', model);
  if (first === undefined) return cell;
  const alike = known.every((each) => each.phase === first.phase);
  const quality = state.models[model]?.quality ?? cell.quality;
  return { ...cell, quality, phase: alike ? first.phase : 'open' };
}

/**
 * USD per session and model: what its own sessions spent in the shape, leaning on those of all models, with the price of
 * repeating on the fallback what fails hard.
 */
function expectedCosts(input: AssessmentInput): Map<string, number> {
  const { governance, state, cells, turnShape, fallbackModel } = input;
  const inShape = cells.filter((cell) => turnShape === null || cell.turnShape === turnShape);
  const pooled = pooledTokenMix(inShape.flatMap((cell) => cell.tokens ?? [])) ?? NOMINAL_MIX;
  const fallback = governance.models.find((model) => model.id === fallbackModel);
  const fallbackCostUsd = fallback?.price ? sessionCostUsd(pooled, fallback.price) : 0;
  const costs = new Map<string, number>();
  for (const { id, price } of governance.models) {
    if (price === undefined) continue;
    const own = pooledTokenMix(inShape.filter((cell) => cell.model === id).flatMap((cell) => cell.tokens ?? []));
    const cell = turnShape === null ? undefined : state.cells[turnShape]?.[id];
    const failures =
      cell === undefined || cell.phase === 'below' ? 0 : shrunkRecentMean(cell.hardFailures, 0, SHRINKAGE_STRENGTH);
    const costUsd = sessionCostUsd(shrinkTokenMix(own, pooled), price);
    costs.set(id, expectedSessionCostUsd(costUsd, failures, fallbackCostUsd));
  }
  return costs;
}

function inside(quality: number): number {
  return Math.min(0.999, Math.max(0.001, quality));
}

function fits(model: AllowedModel, turnShape: string | null): boolean {
  const size = turnShape === null ? undefined : parseTurnShape(turnShape)?.inputSize;
  return size === undefined || model.contextTokens === undefined || model.contextTokens >= CONTEXT_NEEDED[size];
}

function byCost(left: ModelStanding, right: ModelStanding): number {
  const difference = (left.expectedCostUsd ?? Infinity) - (right.expectedCostUsd ?? Infinity);
  if (difference < 0 || difference > 0) return difference;
  return left.model < right.model ? -1 : 1;
}
