import type { AllowedModel, Governance } from '#shared/domain/governance.ts';
import { type INPUT_SIZES, parseTurnShape } from '#shared/domain/turn-shape.ts';
import { estimateQuality, type QualityEstimate } from '../estimation/estimate-quality.ts';
import {
  expectedSessionCostUsd,
  pooledTokenMix,
  sessionCostUsd,
  shrinkTokenMix,
  type TokenMix,
} from '../estimation/session-cost.ts';
import { sessionMean, shrinkMean } from '../estimation/shrinkage.ts';

/** What the sessions of one turn shape on one model have shown; `qualities` are per session, oldest first. */
export interface RoutingCell {
  readonly turnShape: string;
  readonly model: string;
  readonly qualities: readonly number[];
  readonly tokens: TokenMix | null;
}

/** A model in one turn shape: how good, and at what expected cost. Cost is null without a price or any traffic. */
export interface ModelAssessment extends QualityEstimate {
  readonly model: string;
  readonly expectedCostUsd: number | null;
}

/** Belief about a model of which nothing has been seen anywhere. */
const ROOT_MEAN = 0.5;
/** Context that a shape needs, in tokens: the upper bound of its input size. */
const CONTEXT_NEEDED: Readonly<Record<(typeof INPUT_SIZES)[number], number>> = {
  '4k': 4_000,
  '16k': 16_000,
  '64k': 64_000,
  '200k': 200_000,
  more: 200_001,
};

/**
 * Every allow-listed model that can take the shape, cheapest first (those without a known cost last). A model's belief
 * in a shape leans on the model over all shapes, and that on all models.
 *
 * @param turnShape null for a route over all shapes, whose cells are then taken together
 */
export function assessModels(
  governance: Governance,
  cells: readonly RoutingCell[],
  turnShape: string | null,
  fallbackModel: string,
): ModelAssessment[] {
  const rootMean = shrinkMean(sessionMean(cells.flatMap((cell) => cell.qualities)), ROOT_MEAN);
  const inShape = cells.filter((cell) => turnShape === null || cell.turnShape === turnShape);
  const pooled = pooledTokenMix(inShape.flatMap((cell) => cell.tokens ?? []));
  const fallback = governance.models.find((model) => model.id === fallbackModel);
  const fallbackCostUsd = pooled && fallback?.price ? sessionCostUsd(pooled, fallback.price) : 0;
  const assessed = governance.models
    .filter((model) => fits(model, turnShape))
    .map((model) => {
      const own = inShape.filter((cell) => cell.model === model.id);
      const everywhere = cells.filter((cell) => cell.model === model.id).flatMap((cell) => cell.qualities);
      const estimate = estimateQuality({
        qualities: own.flatMap((cell) => cell.qualities),
        parentMean: shrinkMean(sessionMean(everywhere), rootMean),
        required: requiredQuality(governance),
        alpha: governance.alphas.proven,
      });
      const mix = pooled && shrinkTokenMix(pooledTokenMix(own.flatMap((cell) => cell.tokens ?? [])), pooled);
      const costUsd = mix && model.price ? sessionCostUsd(mix, model.price) : null;
      const expectedCostUsd =
        costUsd === null ? null : expectedSessionCostUsd(costUsd, estimate.shrunkMean, fallbackCostUsd);
      return { ...estimate, model: model.id, expectedCostUsd };
    });
  return assessed.sort(byCost);
}

/** The quality that must be proven: the bar less the tolerance, kept inside (0, 1) where a proof is possible. */
function requiredQuality(governance: Governance): number {
  return Math.min(0.999, Math.max(0.001, governance.qualityBar - governance.alphas.provenTolerance));
}

function fits(model: AllowedModel, turnShape: string | null): boolean {
  const size = turnShape === null ? undefined : parseTurnShape(turnShape)?.inputSize;
  return size === undefined || model.contextTokens === undefined || model.contextTokens >= CONTEXT_NEEDED[size];
}

function byCost(left: ModelAssessment, right: ModelAssessment): number {
  const difference = (left.expectedCostUsd ?? Infinity) - (right.expectedCostUsd ?? Infinity);
  if (difference < 0 || difference > 0) return difference;
  return left.model < right.model ? -1 : 1;
}
