import type { Governance } from '#shared/domain/governance.ts';
import { type PolicyBody, WEIGHT_TOTAL } from '#shared/domain/policy.ts';
import { TURN_SHAPE_VERSION } from '#shared/domain/turn-shape.ts';
import { NO_SESSIONS, updateRecentMean } from '../../../services/optimizer/estimation/recent-mean.ts';
import { planPolicy } from '../../../services/optimizer/routing/plan-policy.ts';
import type { RoutingCell } from '../../../services/optimizer/routing/routing-cell.ts';
import {
  type CellState,
  createRoutingState,
  type RoutingState,
  UNSEEN_CELL,
  UNSEEN_MODEL,
} from '../../../services/optimizer/routing/routing-state.ts';
import { type StartingKnowledge, WARM_SESSIONS } from './arena-policy.ts';
import { REQUEST_MODEL } from './choose-in-arena.ts';
import { optimumOf } from './clairvoyant.ts';
import type { World } from './create-world.ts';

/** Sessions of the arena are one million tokens of input. */
const SESSION_TOKENS = {
  inputTokens: 1_000_000,
  cacheReadInputTokens: 0,
  cacheCreationInputTokens: 0,
  outputTokens: 0,
};

/** What routing remembers when it starts: the true qualities when warm, nothing when cold. */
export function startingState(world: World, start: StartingKnowledge, tolerance: number): RoutingState {
  const state = createRoutingState();
  if (!start.warm) return state;
  const cells: Record<string, Record<string, CellState>> = {};
  const models: RoutingState['models'] = {};
  for (const [shape, turnShape] of world.shapes.entries()) {
    for (const [model, { id }] of world.models.entries()) {
      if (!world.isListed(model, 0)) continue;
      const quality = world.quality(shape, model, 0, 0);
      const sum = WARM_SESSIONS * quality;
      const proven = quality >= optimumOf(world, shape, 0).required - tolerance;
      cells[turnShape] = {
        ...cells[turnShape],
        [id]: {
          ...UNSEEN_CELL,
          phase: proven ? 'proven' : 'below',
          quality: { count: WARM_SESSIONS, sum, squares: WARM_SESSIONS * (quality ** 2 + 0.02) },
          ...{ latest: { count: 1, sum: quality, squares: quality ** 2 }, fellTo: quality },
          ...{ wasProven: proven, setbacks: proven ? 0 : 4, resumeAt: proven ? 0 : 250 },
        },
      };
      models[id] = { ...UNSEEN_MODEL, quality: updateRecentMean(models[id]?.quality ?? NO_SESSIONS, quality) };
    }
  }
  const shapes = Object.fromEntries(world.shapes.map((turnShape) => [turnShape, 0]));
  return { ...state, cells, models, shapes };
}

/** A cold start serves the dearest model everywhere; a warm one begins where its knowledge leads. */
export function startingBody(world: World, governance: Governance, state: RoutingState): PolicyBody {
  const safeDefault = world.models.at(-1)?.id ?? '';
  const route = {
    id: 'all',
    match: { requestModel: REQUEST_MODEL },
    targets: [{ model: safeDefault, weight: WEIGHT_TOTAL }],
    ...{ fallbacks: [], exploration: [] },
  };
  let body: PolicyBody = { schema: 1, turnShapeVersion: TURN_SHAPE_VERSION, routes: [route], safeDefault };
  const wide = { ...governance, weightStepMax: 1 };
  if (Object.keys(state.shapes).length > 0) {
    body = planPolicy({ current: body, governance: wide, state, cells: tokenCells(world) }).body;
  }
  return body;
}

/** What sessions of each shape spend. */
export function tokenCells(world: World): Pick<RoutingCell, 'turnShape' | 'model' | 'tokens'>[] {
  const model = world.models[0]?.id ?? '';
  return world.shapes.map((turnShape) => ({ turnShape, model, tokens: { sessions: 1, ...SESSION_TOKENS } }));
}
