import { normalTail } from '../clustering/normal-tail.ts';
import type { ModelStanding } from './choose-model.ts';

/** Chance that a model which was proven before, and has waited out its back-off, has recovered. */
const RECOVERY_CHANCE = 0.5;
/** The same for one that has just come back in another shape. */
const ROSE_CHANCE = 0.9;
/** Standard error of a belief from which on every session is news. */
const ERROR_WORTH_A_SESSION = 0.06;
/** A model with a smaller chance than this of being at the bar waits until everything likelier is decided. */
const CHANCE_MIN = 0.01;

export interface ExplorationQuestion {
  /** What the route serves; only models that would save something beside it are worth a session. */
  readonly servedCostUsd: number | null;
  /** While nothing is proven, a dearer model that may be at the bar is worth as much as a cheaper one. */
  readonly nothingProven: boolean;
  readonly standard: number;
  /** Models that may be explored at once: a slice divided among many proves none of them. */
  readonly modelsMax: number;
  /** For models that may not be explored in this shape yet: they are tried where less is at stake first. */
  readonly isHeldBack: (model: string) => boolean;
}

/**
 * The models that deserve the exploration slice: undecided ones, and ones below the bar whose back-off is over, that are
 * cheaper than what is served, by the chance that they are at the bar times what they would then save.
 */
export function chooseExploration(
  served: string,
  standings: readonly ModelStanding[],
  question: ExplorationQuestion,
): string[] {
  const { servedCostUsd, nothingProven, standard, modelsMax, isHeldBack } = question;
  if (servedCostUsd === null) return [];
  return standings
    .filter((each) => each.model !== served && (each.phase !== 'below' || each.due))
    .filter((each) => !isHeldBack(each.model))
    .flatMap((each) => {
      const saving = nothingProven ? 1 : servedCostUsd - (each.expectedCostUsd ?? servedCostUsd);
      const chance = chanceAtBar(each, standard);
      return saving > 0 && chance >= CHANCE_MIN ? [{ model: each.model, worth: chance * saving * newsOf(each) }] : [];
    })
    .sort((left, right) => right.worth - left.worth || (left.model < right.model ? -1 : 1))
    .slice(0, modelsMax)
    .map((each) => each.model);
}

/** A model of which little more can be learned is hardly worth a session, however likely it is to be good enough. */
function newsOf(standing: ModelStanding): number {
  return standing.due || standing.roseElsewhere ? 1 : Math.min(1, standing.believedError / ERROR_WORTH_A_SESSION);
}

function chanceAtBar(standing: ModelStanding, standard: number): number {
  if (standing.roseElsewhere) return ROSE_CHANCE;
  if (standing.phase === 'below' && standing.wasProven) return Math.max(0.05, RECOVERY_CHANCE ** standing.setbacks);
  return Math.max(CHANCE_MIN, normalTail((standard - standing.believed) / standing.believedError));
}
