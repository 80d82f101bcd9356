import { normalTail } from '../clustering/normal-tail.ts';
import { type Bars, createBarEvidence, logAbove, logBelow, updateBarEvidence } from '../estimation/bar-evidence.ts';
import { NO_SESSIONS, recentError, updateRecentMean } from '../estimation/recent-mean.ts';
import { fallen, NEWS_SESSIONS } from './fallen-model.ts';
import { failingIn, isOut, outage } from './model-outage.ts';
import { believedError, believedQuality, type QualityRules, requiredQuality, standardOf } from './required-quality.ts';
import {
  type CellState,
  cellOf,
  isHeard,
  type RoutingPhase,
  type RoutingState,
  shapeSessions,
  UNSEEN_MODEL,
  withCell,
} from './routing-state.ts';

/** What routing learns from, in the order in which it became known. */
export type RoutingEvent =
  | {
      readonly type: 'session';
      readonly turnShape: string;
      readonly model: string;
      readonly quality: number;
      readonly hardFailure: boolean;
    }
  /** An alarm took the model out of the shape. */
  | { readonly type: 'alarm'; readonly turnShape: string; readonly model: string }
  /** The model is not what it was: its provider says so, or answers under another name. What was known is void. */
  | { readonly type: 'changed'; readonly model: string };

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
/** Sessions that say what a model is like just now, when it falls. */
const LATEST_SESSIONS = 6;
/** The same for a model that has just come back in another shape, and for one that was never proven anywhere else. */
const RETURNING_WITH_OTHERS_AT = Math.log(1.3);
const PROMISING_AT = Math.log(3);
/** Spread of a session's quality that a trial reckons with; log odds at which it has come back, and at which it has not. */
const TRIAL_SPREAD = 0.18;
const TRIAL_WON = Math.log(20);
const TRIAL_LOST = -Math.log(2);
/** How far the rise seen in one shape may be from that in another. */
const RISE_ERROR = 0.1;
/**
 * Chance of being at the bar from which an undecided model is given weight while its proof is completed, and under which
 * it, or one on its way back, is not worth more sessions for now; believed from so many sessions on.
 */
const LIKELY = 0.85;
const UNLIKELY = 0.1;
const SESSIONS_TO_BELIEVE = 3;
/** Shapes in which a model is proven that speak for it in another. */
const PROVEN_ELSEWHERE = 2;
/** The state after one more event; pure, so that the sessions of before can be run again and come to the same. */
export function stepRouting(state: RoutingState, event: RoutingEvent, rules: StepRules): RoutingState {
  switch (event.type) {
    case 'session':
      return onSession(state, event, rules);
    case 'alarm':
      return onAlarm(state, event);
    case 'changed':
      return onChanged(state, event.model);
    default:
      return event satisfies never;
  }
}

function onSession(
  state: RoutingState,
  event: Extract<RoutingEvent, { type: 'session' }>,
  rules: StepRules,
): RoutingState {
  const { turnShape, model, quality } = event;
  const known = state.models[model] ?? UNSEEN_MODEL;
  const counted: RoutingState = {
    ...state,
    sessions: state.sessions + 1,
    shapes: { ...state.shapes, [turnShape]: shapeSessions(state, turnShape) + 1 },
    models: {
      ...state.models,
      [model]: {
        ...known,
        quality: updateRecentMean(known.quality, quality),
        failing: event.hardFailure ? known.failing + 1 : 0,
        failingIn: event.hardFailure ? failingIn(known.failingIn, turnShape) : [],
      },
    },
  };
  if (isOut(counted, model)) return outage(counted, event);
  const before = cellOf(state, turnShape, model);
  const seen: CellState = {
    ...before,
    quality: updateRecentMean(before.quality, quality),
    latest: updateRecentMean(before.latest, quality, LATEST_SESSIONS),
    hardFailures: updateRecentMean(before.hardFailures, event.hardFailure ? 1 : 0),
  };
  // Labels of sessions from before the fall still arrive while it backs off, and say nothing of what it is like now.
  if (before.phase === 'below' && !isHeard(counted, turnShape, before)) return withCell(counted, event, seen);
  const evidence = updateBarEvidence(before.evidence, quality, questionedBars(state, turnShape, before, rules));
  const trial = before.trial + (before.phase === 'below' ? trialOdds(state, turnShape, before, quality, rules) : 0);
  const phase = nextPhase(counted, event, { ...seen, evidence, trial }, rules);
  return entered(counted, event, { ...seen, evidence, trial }, phase, rules);
}

/**
 * What the evidence is about: whether the model is at the bar. Of one that fell, whether it is still what it was then,
 * half way up to what is required: that it has changed shows much sooner than that it is at the bar.
 */
function questionedBars(state: RoutingState, turnShape: string, cell: CellState, rules: StepRules): Bars {
  const required = requiredQuality(state, turnShape, rules);
  const above = cell.phase === 'below' ? Math.min(required, (cell.fellTo + required) / 2) : required;
  return { above, below: required, restarts: cell.phase === 'below' || cell.wasProven };
}

/** What a session adds to the log odds that the model is at the bar again, were qualities normal. */
function trialOdds(state: RoutingState, turnShape: string, cell: CellState, quality: number, rules: StepRules): number {
  const required = standardOf(state, turnShape, rules);
  const gap = Math.max(0, required - cell.fellTo);
  return (gap * (quality - (required + cell.fellTo) / 2)) / TRIAL_SPREAD ** 2;
}

function nextPhase(
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
      // Found below again is a new fall, which `entered` tells from the evidence.
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

/** The state with the cell in its next phase, and what the change of phase is to the model's other shapes. */
function entered(
  state: RoutingState,
  at: { readonly turnShape: string; readonly model: string },
  cell: CellState,
  phase: RoutingPhase,
  rules: StepRules,
): RoutingState {
  const from = cell.phase;
  const rise = cell.latest.count < 1 ? 0 : cell.latest.sum / cell.latest.count - cell.fellTo;
  const again = from === 'below' && (cell.trial <= TRIAL_LOST || logBelow(cell.evidence) >= REJECT_AGAIN_AT);
  if (phase === 'below' && (from !== 'below' || again)) return fallen(state, at, cell);
  if (phase === from) return withCell(state, at, cell);
  if (phase === 'proven') {
    const proven = { ...cell, phase, wasProven: true, setbacks: 0, evidence: createBarEvidence() };
    return from === 'open' ? withCell(state, at, proven) : wakeOthers(withCell(state, at, proven), at, rise, rules);
  }
  // What it was like when it fell says nothing of it now.
  const { latest: quality } = cell;
  const anew = { ...cell, phase, quality, hardFailures: NO_SESSIONS, evidence: createBarEvidence(), trial: 0 };
  const next = withCell(state, at, from === 'below' ? anew : { ...cell, phase });
  return phase === 'returning' && from === 'below' ? wakeOthers(next, at, rise, rules) : next;
}

/**
 * A model that has risen in one shape has often risen in all: where it is below the bar and such a rise would bring it
 * there, it is tried again at once.
 */
function wakeOthers(
  state: RoutingState,
  at: { readonly turnShape: string; readonly model: string },
  rise: number,
  rules: StepRules,
): RoutingState {
  const known = state.models[at.model] ?? UNSEEN_MODEL;
  let next: RoutingState = { ...state, models: { ...state.models, [at.model]: { ...known, rose: state.sessions } } };
  for (const turnShape of Object.keys(state.cells)) {
    const cell = state.cells[turnShape]?.[at.model];
    if (turnShape === at.turnShape || cell === undefined || cell.phase !== 'below') continue;
    if (!cell.wasProven && cell.fellTo + rise < requiredQuality(state, turnShape, rules) - RISE_ERROR) continue;
    const now = shapeSessions(state, turnShape);
    if (now >= cell.resumeAt) continue;
    next = withCell(next, { turnShape, model: at.model }, { ...cell, fellAt: now, resumeAt: now });
  }
  return next;
}

function onAlarm(state: RoutingState, at: { readonly turnShape: string; readonly model: string }): RoutingState {
  const cell = cellOf(state, at.turnShape, at.model);
  return cell.phase === 'below' ? state : fallen(state, at, { ...cell, wasProven: true });
}

function onChanged(state: RoutingState, model: string): RoutingState {
  const cells = Object.entries(state.cells).map(([turnShape, models]) => {
    const { [model]: _gone, ...others } = models;
    return [turnShape, others] as const;
  });
  const { [model]: _gone, ...models } = state.models;
  return { ...state, cells: Object.fromEntries(cells), models };
}
