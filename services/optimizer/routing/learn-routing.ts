import { limitKeys } from '../estimation/limit-keys.ts';
import type { StepRules } from './next-phase.ts';
import type { RoutingAlarm, RoutingCell } from './routing-cell.ts';
import { createRoutingState, type RoutingState } from './routing-state.ts';
import { type RoutingEvent, stepRouting } from './step-routing.ts';

/**
 * The state of routing from all that is known: the sessions of all cells in the order of their scoring, with the alarms
 * in between. The same sessions always give the same state, so that nothing but them has to be kept.
 */
export function learnRouting(
  cells: readonly RoutingCell[],
  alarms: readonly RoutingAlarm[],
  rules: StepRules,
): RoutingState {
  const events: { readonly atMs: number; readonly event: RoutingEvent }[] = [];
  for (const { turnShape, model, sessions } of cells) {
    for (const { quality, hardFailure, atMs } of limitKeys(sessions)) {
      events.push({ atMs, event: { type: 'session', turnShape, model, quality, hardFailure } });
    }
  }
  for (const { turnShape, model, atMs } of alarms) events.push({ atMs, event: { type: 'alarm', turnShape, model } });
  // The sort is stable: what was scored at one moment stays in the order of the cells.
  events.sort((left, right) => left.atMs - right.atMs);
  return events.reduce((state, { event }) => stepRouting(state, event, rules), createRoutingState());
}
