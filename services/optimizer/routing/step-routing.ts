import { createBarEvidence, logAbove, logBelow, updateBarEvidence } from '../estimation/bar-evidence.ts';
import { updateRecentMean } from '../estimation/recent-mean.ts';
import { type QualityRules, requiredQuality } from './required-quality.ts';
import {
  type CellState,
  cellOf,
  isDue,
  type RoutingPhase,
  type RoutingState,
  shapeSessions,
  UNSEEN_MODEL,
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

/** Wealth at which a model that is not proven is found below the bar: a wrong one is tried again after the back-off. */
const REJECT_AT = Math.log(12);
/** Wealth at which a proven one has fallen; on average it takes a model at the very edge this many sessions. */
const FALLEN_AT = Math.log(400);
/** The same after the model has fallen in two other shapes just now, which is news of the model and not of a shape. */
const FALLEN_WITH_OTHERS_AT = Math.log(25);
const OTHERS_FALLEN_MIN = 2;
/** Sessions over all shapes for which a fall is news. */
const NEWS_SESSIONS = 2_000;
/** Wealth at which a model that had been proven before starts to get its weight back. */
const RETURNING_AT = Math.log(3);
/** Sessions of the shape until a model below the bar is tried again: the first time, the growth each time, the most. */
const BACK_OFF_FIRST = 30;
const BACK_OFF_GROWTH = 1.6;
const BACK_OFF_MAX = 250;

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
    models: { ...state.models, [model]: { ...known, quality: updateRecentMean(known.quality, quality) } },
  };
  const before = cellOf(state, turnShape, model);
  const seen: CellState = {
    ...before,
    quality: updateRecentMean(before.quality, quality),
    hardFailures: updateRecentMean(before.hardFailures, event.hardFailure ? 1 : 0),
  };
  // Labels of sessions from before the fall still arrive while it backs off, and say nothing of what it is like now.
  if (before.phase === 'below' && !isDue(counted, turnShape, before)) return withCell(counted, event, seen);
  const evidence = updateBarEvidence(before.evidence, quality, requiredQuality(state, turnShape, rules));
  const phase = nextPhase(counted, model, { ...seen, evidence }, rules);
  return entered(counted, event, { ...seen, evidence }, phase);
}

function nextPhase(state: RoutingState, model: string, cell: CellState, rules: StepRules): RoutingPhase {
  const above = logAbove(cell.evidence);
  const below = logBelow(cell.evidence);
  if (cell.phase === 'proven') return below >= fallenAt(state, model) ? 'below' : 'proven';
  if (below >= REJECT_AT) return 'below';
  if (above >= -Math.log(rules.alphaProven)) return 'proven';
  return cell.wasProven && above >= RETURNING_AT ? 'returning' : cell.phase;
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
): RoutingState {
  const from = cell.phase;
  if (phase === 'below' && (from !== 'below' || logBelow(cell.evidence) >= REJECT_AT)) return fallen(state, at, cell);
  if (phase === from) return withCell(state, at, cell);
  if (phase === 'proven') {
    const proven = { ...cell, phase, wasProven: true, setbacks: 0, evidence: createBarEvidence() };
    return from === 'open' ? withCell(state, at, proven) : wakeOthers(withCell(state, at, proven), at);
  }
  const next = withCell(state, at, { ...cell, phase });
  return phase === 'returning' ? wakeOthers(next, at) : next;
}

function fallen(
  state: RoutingState,
  at: { readonly turnShape: string; readonly model: string },
  cell: CellState,
): RoutingState {
  const setbacks = cell.setbacks + 1;
  const wait = Math.min(BACK_OFF_MAX, Math.round(BACK_OFF_FIRST * BACK_OFF_GROWTH ** (setbacks - 1)));
  const resumeAt = shapeSessions(state, at.turnShape) + wait;
  const next = withCell(state, at, { ...cell, phase: 'below', setbacks, resumeAt, evidence: createBarEvidence() });
  if (cell.phase !== 'proven') return next;
  const known = state.models[at.model] ?? UNSEEN_MODEL;
  const falls = [...known.falls.filter((fall) => state.sessions - fall <= NEWS_SESSIONS), state.sessions];
  return { ...next, models: { ...next.models, [at.model]: { ...known, falls } } };
}

/** A model that recovers in one shape has often recovered in all: where it fell, too, it is tried again at once. */
function wakeOthers(state: RoutingState, at: { readonly turnShape: string; readonly model: string }): RoutingState {
  let next = state;
  for (const turnShape of Object.keys(state.cells)) {
    const cell = state.cells[turnShape]?.[at.model];
    if (turnShape === at.turnShape || cell === undefined || cell.phase !== 'below' || !cell.wasProven) continue;
    const resumeAt = Math.min(cell.resumeAt, shapeSessions(state, turnShape));
    next = withCell(next, { turnShape, model: at.model }, { ...cell, resumeAt });
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

function withCell(
  state: RoutingState,
  at: { readonly turnShape: string; readonly model: string },
  cell: CellState,
): RoutingState {
  return {
    ...state,
    cells: { ...state.cells, [at.turnShape]: { ...state.cells[at.turnShape], [at.model]: cell } },
  };
}
