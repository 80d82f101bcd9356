import { type ModelStanding, SHORTFALL_PRICE } from './choose-model.ts';
import { BACK_OFF_STRETCH_MIN, isDue, type RoutingState } from './routing-state.ts';

/** What a try costs, as a multiple of what it may bring in every session from then on, at which the back-off is usual. */
const USUAL_RATIO = 2;
const STRETCH_MAX = 4;

export interface BackOffQuestion {
  readonly state: RoutingState;
  readonly turnShape: string;
  /** The model that the shape is served by. */
  readonly served: string;
  readonly qualityBar: number;
}

/**
 * The standings with `due` by what is at stake, for models that were never proven in the shape. The best interval of
 * tries grows with the square root of what a try costs over what a better model would bring: where the served model is
 * dear, or short of the bar itself, a model that is hardly worse is tried again soon; one that is far below a cheap and
 * good one, seldom. Who was proven here and fell is likely to come back, and keeps its own short back-off.
 */
export function weighBackOffs(standings: readonly ModelStanding[], question: BackOffQuestion): ModelStanding[] {
  const { state, turnShape } = question;
  const served = standings.find((each) => each.model === question.served);
  const top = Math.max(0, ...standings.map((each) => each.expectedCostUsd ?? 0));
  return standings.map((each) => {
    const cell = state.cells[turnShape]?.[each.model];
    if (cell?.phase !== 'below' || cell.wasProven || served === undefined) return each;
    const stretch = stretchOf(each, cell.fellTo, served, { point: SHORTFALL_PRICE * top, bar: question.qualityBar });
    return { ...each, due: isDue(state, turnShape, cell, stretch) };
  });
}

/** Back-off as a multiple of the usual one; `point` is what a unit of quality short of the bar costs in a session, in USD. */
function stretchOf(
  tried: ModelStanding,
  fellTo: number,
  served: ModelStanding,
  { point, bar }: { readonly point: number; readonly bar: number },
): number {
  if (tried.expectedCostUsd === null || served.expectedCostUsd === null) return 1;
  const saving = served.expectedCostUsd - tried.expectedCostUsd;
  const quality = Math.min(bar, served.believed);
  const gain = Math.max(0, saving) + point * (bar - quality);
  const cost = Math.max(0, -saving) + point * Math.max(0, quality - fellTo);
  if (gain <= 0) return STRETCH_MAX;
  return Math.min(STRETCH_MAX, Math.max(BACK_OFF_STRETCH_MIN, Math.sqrt(cost / gain / USUAL_RATIO)));
}
