import { type Bars, updateBarEvidence } from '../estimation/bar-evidence.ts';
import { updateRecentMean } from '../estimation/recent-mean.ts';
import { enterPhase } from './enter-phase.ts';
import { fallen } from './fallen-model.ts';
import { failingIn, isOut, outage } from './model-outage.ts';
import { nextPhase, type StepRules } from './next-phase.ts';
import { requiredQuality, standardOf } from './required-quality.ts';
import {
  type CellState,
  cellOf,
  isHeard,
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
  | { readonly type: 'alarm'; readonly turnShape: string; readonly model: string };

/** Sessions that say what a model is like just now, when it falls. */
const LATEST_SESSIONS = 6;
/** Spread of a session's quality that a trial reckons with. */
const TRIAL_SPREAD = 0.18;

/** The state after one more event; pure, so that the sessions of before can be run again and come to the same. */
export function stepRouting(state: RoutingState, event: RoutingEvent, rules: StepRules): RoutingState {
  switch (event.type) {
    case 'session':
      return onSession(state, event, rules);
    case 'alarm':
      return onAlarm(state, event);
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
  return enterPhase(counted, event, { ...seen, evidence, trial }, phase, rules);
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

function onAlarm(state: RoutingState, at: { readonly turnShape: string; readonly model: string }): RoutingState {
  const cell = cellOf(state, at.turnShape, at.model);
  return cell.phase === 'below' ? state : fallen(state, at, { ...cell, wasProven: true });
}
