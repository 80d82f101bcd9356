import { createBarEvidence } from '../estimation/bar-evidence.ts';
import { type CellState, type RoutingState, shapeSessions, UNSEEN_MODEL, withCell } from './routing-state.ts';

/** Sessions over all shapes for which a fall is news. */
export const NEWS_SESSIONS = 2_000;
/** Sessions of the shape until a model below the bar is tried again: the first time, the growth each time, the most. */
const BACK_OFF = {
  proven: {
    first: 20,
    growth: 1.4,
    max: 200,
  },
  never: { first: 60, growth: 2, max: 800 },
} as const;

/** The state with the cell found below the bar (once more): what it was before counts for nothing, and its back-off begins. */
export function fallen(
  state: RoutingState,
  at: { readonly turnShape: string; readonly model: string },
  cell: CellState,
): RoutingState {
  const setbacks = cell.setbacks + 1;
  const backOff = cell.wasProven ? BACK_OFF.proven : BACK_OFF.never;
  const wait = Math.min(backOff.max, Math.round(backOff.first * backOff.growth ** (setbacks - 1)));
  const fellAt = shapeSessions(state, at.turnShape);
  const resumeAt = fellAt + wait;
  const evidence = createBarEvidence();
  const { latest: quality } = cell;
  const down: CellState = {
    ...cell,
    phase: 'below',
    quality,
    fellTo: fellTo(cell),
    setbacks,
    fellAt,
    resumeAt,
    evidence,
    trial: 0,
  };
  const next = withCell(state, at, down);
  if (cell.phase !== 'proven') return next;
  const known = state.models[at.model] ?? UNSEEN_MODEL;
  const falls = [...known.falls.filter((fall) => state.sessions - fall <= NEWS_SESSIONS), state.sessions];
  return { ...next, models: { ...next.models, [at.model]: { ...known, falls, rose: null } } };
}

/** What the sessions say that made it fall; how the model was before counts for nothing any more. */
function fellTo(cell: CellState): number {
  return cell.latest.count < 1 ? 0 : cell.latest.sum / cell.latest.count;
}
