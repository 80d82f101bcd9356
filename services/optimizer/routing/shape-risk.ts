import { parseTurnShape } from '#shared/domain/turn-shape.ts';
import type { RoutingState } from './routing-state.ts';

/** Sessions anywhere after which a model is no stranger, and may be explored in every shape. */
const SESSIONS_TO_KNOW = 10;
const TOOL_RISK = { none: 0, single: 1, multi: 2, nested: 3, parallel: 3 } as const;
const PHASE_RISK = { followup: 0, plan: 1, edit: 2 } as const;
const SIZE_RISK = { '4k': 0, '16k': 0, '64k': 1, '200k': 2, more: 2 } as const;

/** How much a bad session of the shape breaks, lowest first: edits and many tools at once undo more than an answer. */
export function shapeRisk(turnShape: string): number {
  const parts = parseTurnShape(turnShape);
  return parts === null ? 0 : TOOL_RISK[parts.tools] + PHASE_RISK[parts.phase] + SIZE_RISK[parts.inputSize];
}

/** Whether a model that is unknown everywhere has to be tried in shapes of less risk first. */
export function isHeldBack(state: RoutingState, turnShape: string, model: string): boolean {
  if ((state.models[model]?.quality.count ?? 0) >= SESSIONS_TO_KNOW) return false;
  const risks = Object.keys(state.shapes)
    .map(shapeRisk)
    .sort((left, right) => left - right);
  const median = risks[Math.floor((risks.length - 1) / 2)];
  return median !== undefined && shapeRisk(turnShape) > median;
}
