import { type RecentMean, recentError, shrunkRecentMean } from '../estimation/recent-mean.ts';

import type { RoutingState } from './routing-state.ts';

/** Recent sessions without which a model does not set the standard of a shape in which none reaches the bar. */
const SESSIONS_FOR_STANDARD = 6;
/** Sessions that a model's quality over all shapes is worth to the belief about one of them. */
const PARENT_SESSIONS = 5;
/** Sessions, and errors of their mean, by which the last few overrule the recent mean. */
const SESSIONS_FOR_CEILING = 3;
const LATEST_ERRORS = 2;
/** Spread of a session's quality before any is seen. */
const SPREAD_BEFORE = 0.2;
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
    // Without the ceiling of the last few sessions: a bad hour of the best model must not lower what is asked of all.
    const mean = meanQuality(state, turnShape, model);
    if (best === null || mean > best) best = mean;
  }
  return Math.min(rules.qualityBar, best ?? rules.qualityBar);
}

/** What a model must be proven to have: the standard less the tolerance, without which no proof would ever end. */
export function requiredQuality(state: RoutingState, turnShape: string, rules: QualityRules): number {
  return standardOf(state, turnShape, rules) - rules.tolerance;
}

/** Quality of a model in a shape as far as is known: its recent mean, or less where the last few sessions say so. */
export function believedQuality(state: RoutingState, turnShape: string, model: string): number {
  const cell = state.cells[turnShape]?.[model];
  const mean = meanQuality(state, turnShape, model);
  return cell === undefined ? mean : Math.min(mean, ceilingOfLatest(cell.latest));
}

/** Its recent mean, leaning on the model over all shapes. */
function meanQuality(state: RoutingState, turnShape: string, model: string): number {
  const known = state.models[model];
  const parent = known === undefined ? ROOT_MEAN : shrunkRecentMean(known.quality, ROOT_MEAN, 2);
  const cell = state.cells[turnShape]?.[model];
  return cell === undefined ? parent : shrunkRecentMean(cell.quality, parent, PARENT_SESSIONS);
}

/** The most that the last few sessions let a model be: a sudden fall is believed before a long mean shows it. */
function ceilingOfLatest(latest: RecentMean): number {
  if (latest.count < SESSIONS_FOR_CEILING) return 1;
  return latest.sum / latest.count + LATEST_ERRORS * recentError(latest);
}

/** Standard error of that belief; what the model is like over all shapes counts as the sessions it is worth. */
export function believedError(quality: RecentMean): number {
  const variance = quality.count < 1 ? 1 : recentError(quality) ** 2 * quality.count;
  const spread = (variance * quality.count + SPREAD_BEFORE ** 2 * PARENT_SESSIONS) / (quality.count + PARENT_SESSIONS);
  return Math.sqrt(spread / (quality.count + PARENT_SESSIONS));
}
