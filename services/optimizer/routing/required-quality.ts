import { shrunkRecentMean } from '../estimation/recent-mean.ts';
import { SHRINKAGE_STRENGTH } from '../estimation/shrinkage.ts';
import type { RoutingState } from './routing-state.ts';

/** Recent sessions without which a model does not set the standard of a shape in which none reaches the bar. */
const SESSIONS_FOR_STANDARD = 6;
/** Belief about a model of which nothing has been seen anywhere. */
export const ROOT_MEAN = 0.5;

export interface QualityRules {
  readonly qualityBar: number;
  readonly tolerance: number;
}

/**
 * The quality that is asked of a model in a shape: the bar; or, where no model reaches it, the best one's recent quality,
 * because hard work must not force the dearest model on a shape in which a cheaper one is as good.
 */
export function standardOf(state: RoutingState, turnShape: string, rules: QualityRules): number {
  let best: number | null = null;
  for (const [model, cell] of Object.entries(state.cells[turnShape] ?? {})) {
    if (cell.quality.count < SESSIONS_FOR_STANDARD) continue;
    const mean = believedQuality(state, turnShape, model);
    if (best === null || mean > best) best = mean;
  }
  return Math.min(rules.qualityBar, best ?? rules.qualityBar);
}

/** What a model must be proven to have: the standard less the tolerance, without which no proof would ever end. */
export function requiredQuality(state: RoutingState, turnShape: string, rules: QualityRules): number {
  return standardOf(state, turnShape, rules) - rules.tolerance;
}

/** Quality of a model in a shape as far as is known: its recent mean, leaning on the model over all shapes. */
export function believedQuality(state: RoutingState, turnShape: string, model: string): number {
  const known = state.models[model];
  const parent = known === undefined ? ROOT_MEAN : shrunkRecentMean(known.quality, ROOT_MEAN, 2);
  const cell = state.cells[turnShape]?.[model];
  return cell === undefined ? parent : shrunkRecentMean(cell.quality, parent, SHRINKAGE_STRENGTH / 3);
}
