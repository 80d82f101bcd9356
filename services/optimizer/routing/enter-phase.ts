import { createBarEvidence } from '../estimation/bar-evidence.ts';
import { NO_SESSIONS } from '../estimation/recent-mean.ts';
import { fallen } from './fallen-model.ts';
import { foundBelowAgain } from './next-phase.ts';
import { type QualityRules, requiredQuality } from './required-quality.ts';
import {
  type CellState,
  type RoutingPhase,
  type RoutingState,
  shapeSessions,
  UNSEEN_MODEL,
  withCell,
} from './routing-state.ts';

/** How far the rise seen in one shape may be from that in another. */
const RISE_ERROR = 0.1;

/** The state with the cell in its next phase, and what the change of phase is to the model's other shapes. */
export function enterPhase(
  state: RoutingState,
  at: { readonly turnShape: string; readonly model: string },
  cell: CellState,
  phase: RoutingPhase,
  rules: QualityRules,
): RoutingState {
  const from = cell.phase;
  const rise = cell.latest.count < 1 ? 0 : cell.latest.sum / cell.latest.count - cell.fellTo;
  if (phase === 'below' && (from !== 'below' || foundBelowAgain(cell))) return fallen(state, at, cell);
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
  rules: QualityRules,
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
