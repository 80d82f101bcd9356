import { normalTail } from '../clustering/normal-tail.ts';
import { logAbove, logBelow } from '../estimation/bar-evidence.ts';
import { recentError } from '../estimation/recent-mean.ts';
import { NEWS_SESSIONS } from './fallen-model.ts';
import { believedError, believedQuality, type QualityRules, standardOf } from './required-quality.ts';
import { type CellState, type RoutingPhase, type RoutingState, withCell } from './routing-state.ts';

export interface StepRules extends QualityRules {
  /** Chance of calling a model proven that is below what is required. */
  readonly alphaProven: number;
}

/** Wealth at which an undecided model is found below the bar, and at which one that is tried again is. */
const REJECT_AT = Math.log(10);
const REJECT_AGAIN_AT = Math.log(4);
/** Wealth at which a proven one has fallen; on average it takes a model at the very edge this many sessions. */
const FALLEN_AT = Math.log(100);
/** The same after the model has fallen in two other shapes just now, which is news of the model and not of a shape. */
const FALLEN_WITH_OTHERS_AT = Math.log(25);
const OTHERS_FALLEN_MIN = 2;
/** A proven model whose recent mean is this many errors under the standard slid away too slowly for any alarm. */
const SLID_ERRORS = 3;
const SESSIONS_FOR_SLID = 30;
/** Wealth at which a model is not any more what it was when it fell, and starts to get its weight back. */
const RETURNING_AT = Math.log(1.8);
/** The same for a model that has just come back in another shape, and for one that was never proven anywhere else. */
const RETURNING_WITH_OTHERS_AT = Math.log(1.3);
const PROMISING_AT = Math.log(3);
/** Log odds, from a trial's sessions alone, at which a model has come back, and at which it has not. */
const TRIAL_WON = Math.log(20);
const TRIAL_LOST = -Math.log(2);
/**
 * Chance of being at the bar from which an undecided model is given weight while its proof is completed, and under which
 * it, or one on its way back, is not worth more sessions for now; believed from so many sessions on.
 */
const LIKELY = 0.85;
const UNLIKELY = 0.1;
const SESSIONS_TO_BELIEVE = 3;
/** Shapes in which a model is proven that speak for it in another. */
const PROVEN_ELSEWHERE = 2;

/** The phase that a model is in after a session, by what its cell says with it. */
export function nextPhase(
  state: RoutingState,
  at: { readonly turnShape: string; readonly model: string },
  cell: CellState,
  rules: StepRules,
): RoutingPhase {
  const above = logAbove(cell.evidence);
  const below = logBelow(cell.evidence);
  switch (cell.phase) {
    case 'proven':
      return below >= fallenAt(state, at.model) || hasSlid(state, at, cell, rules) ? 'below' : 'proven';
    case 'below':
      // Found below again is a new fall, which `foundBelowAgain` tells.
      return above >= returningAt(state, at.model) || cell.trial >= TRIAL_WON ? 'returning' : 'below';
    case 'open':
    case 'returning':
      if (below >= (cell.setbacks > 0 ? REJECT_AGAIN_AT : REJECT_AT)) return 'below';
      if (cell.evidence.count >= SESSIONS_TO_BELIEVE) {
        const chance = chanceAtBar(state, at, cell, rules);
        if (chance <= UNLIKELY) return 'below';
        if (cell.phase === 'open' && chance >= LIKELY && above < -Math.log(rules.alphaProven)) return 'returning';
      }
      if (above >= -Math.log(rules.alphaProven)) return 'proven';
      return above >= (provenElsewhere(state, at) ? RETURNING_AT : PROMISING_AT) ? 'returning' : cell.phase;
    default:
      return cell.phase satisfies never;
  }
}

/** Chance that the model is at the standard, as far as is believed. */
function chanceAtBar(
  state: RoutingState,
  at: { readonly turnShape: string; readonly model: string },
  cell: CellState,
  rules: StepRules,
): number {
  const standard = standardOf(state, at.turnShape, rules);
  const own = withCell(state, at, cell);
  const distance = (believedQuality(own, at.turnShape, at.model) - standard) / believedError(cell.quality);
  return normalTail(-distance);
}

function hasSlid(
  state: RoutingState,
  at: { readonly turnShape: string; readonly model: string },
  cell: CellState,
  rules: StepRules,
): boolean {
  if (cell.quality.count < SESSIONS_FOR_SLID) return false;
  const believed = believedQuality(state, at.turnShape, at.model);
  return believed + SLID_ERRORS * recentError(cell.quality) < standardOf(state, at.turnShape, rules);
}

function provenElsewhere(state: RoutingState, at: { readonly turnShape: string; readonly model: string }): boolean {
  let proven = 0;
  for (const [turnShape, models] of Object.entries(state.cells)) {
    if (turnShape !== at.turnShape && models[at.model]?.phase === 'proven') proven += 1;
  }
  return proven >= PROVEN_ELSEWHERE;
}

function returningAt(state: RoutingState, model: string): number {
  const rose = state.models[model]?.rose ?? null;
  return rose !== null && state.sessions - rose <= NEWS_SESSIONS ? RETURNING_WITH_OTHERS_AT : RETURNING_AT;
}

function fallenAt(state: RoutingState, model: string): number {
  const falls = state.models[model]?.falls ?? [];
  const recent = falls.filter((at) => state.sessions - at <= NEWS_SESSIONS);
  return recent.length >= OTHERS_FALLEN_MIN ? FALLEN_WITH_OTHERS_AT : FALLEN_AT;
}

/** Whether a model below the bar that is tried again has shown that it still is. */
export function foundBelowAgain(cell: CellState): boolean {
  return cell.phase === 'below' && (cell.trial <= TRIAL_LOST || logBelow(cell.evidence) >= REJECT_AGAIN_AT);
}
