import { fallen } from './fallen-model.ts';
import { isHeard, type RoutingState, UNSEEN_MODEL } from './routing-state.ts';

/**
 * Sessions in a row, over all shapes, that fail hard until a model is taken to be out. Where one in fifty fails by itself
 * it takes some six million sessions to see so many in a row; where one in ten does, eleven thousand.
 */
const FAILING_MAX = 4;

/** Shapes that they come from: in one alone it may be the work of one developer that fails. */
const SHAPES_MIN = 2;

/** Whether the model answers nobody, in whatever shape. */
export function isOut(state: RoutingState, model: string): boolean {
  const { failing, failingIn } = state.models[model] ?? UNSEEN_MODEL;
  return failing >= FAILING_MAX && failingIn.length >= SHAPES_MIN;
}

/** Shapes of the sessions in a row that have failed, with one more. */
export function failingIn(known: readonly string[], turnShape: string): string[] {
  return [...new Set([...known, turnShape])].slice(0, SHAPES_MIN);
}

/**
 * The state with the model below the bar in every shape that knows it: a provider that is down is down for all of them,
 * and none has to find it out by sessions of its own. Where it backs off already the back-off goes on, except in the
 * shape of the session, if that was a try.
 */
export function outage(
  state: RoutingState,
  {
    turnShape: seenIn,
    model,
    quality,
  }: { readonly turnShape: string; readonly model: string; readonly quality: number },
): RoutingState {
  let next = state;
  // What the failing session was worth is what the model has fallen to, and what it has to leave behind.
  const latest = { count: 1, sum: quality, squares: quality ** 2 };
  for (const [turnShape, models] of Object.entries(state.cells)) {
    const cell = models[model];
    if (cell === undefined) continue;
    const tried = turnShape === seenIn && isHeard(state, turnShape, cell);
    if (cell.phase !== 'below' || tried) next = fallen(next, { turnShape, model }, { ...cell, latest });
  }
  return next;
}
