import { type Governance, governanceSchema } from '#shared/domain/governance.ts';
import { type PolicyBody, WEIGHT_TOTAL } from '#shared/domain/policy.ts';
import { TURN_SHAPE_VERSION } from '#shared/domain/turn-shape.ts';
import { assignVariant } from '#shared/routing/assign-variant.ts';
import { chooseTarget } from '#shared/routing/choose-target.ts';
import { limitExposure } from '#shared/routing/exposure.ts';
import { matchRoute } from '#shared/routing/match-route.ts';
import { sessionHash } from '#shared/routing/session-hash.ts';
import { demoteModel } from '../../../services/optimizer/demote-model.ts';
import { judgeDrift, withoutDrift } from '../../../services/optimizer/estimation/judge-drift.ts';
import { NO_SESSIONS, updateRecentMean } from '../../../services/optimizer/estimation/recent-mean.ts';
import { qualityRulesOf } from '../../../services/optimizer/routing/assess-models.ts';
import { planPolicy } from '../../../services/optimizer/routing/plan-policy.ts';
import type { RoutingCell } from '../../../services/optimizer/routing/routing-cell.ts';
import {
  type CellState,
  cellOf,
  createRoutingState,
  type RoutingState,
  UNSEEN_CELL,
  UNSEEN_MODEL,
} from '../../../services/optimizer/routing/routing-state.ts';
import { stepRouting } from '../../../services/optimizer/routing/step-routing.ts';
import { createArenaAlarms } from './arena-alarms.ts';
import {
  type ArenaLabel,
  type ArenaPolicy,
  type CreatePolicy,
  type StartingKnowledge,
  WARM_SESSIONS,
} from './arena-policy.ts';
import { createArenaRollouts } from './arena-rollouts.ts';
import { optimumOf } from './clairvoyant.ts';
import { type ArenaSession, SESSIONS_PER_DAY, type World } from './create-world.ts';

const REQUEST_MODEL = 'claude-sonnet';
const SALT = 'arena';
/** Sessions of the arena are one million tokens of input. */
const SESSION_TOKENS = {
  inputTokens: 1_000_000,
  cacheReadInputTokens: 0,
  cacheCreationInputTokens: 0,
  outputTokens: 0,
};
/** Share of a shape's sessions that a cold start explores with, until everything cheaper is decided. */
const BOOTSTRAP_SHARE = 0.5;

/** What a file may say of how far the optimizer goes. */
export type TrimtabSettings = Pick<Governance, 'exploration' | 'weightStepMax'>;

/** The optimizer as it runs in production: its estimation, routing, rollouts and alarms, on the arena's clock. */
export function trimtab(settings: TrimtabSettings = { exploration: 0.1, weightStepMax: 0.25 }): CreatePolicy {
  return (world, start) => runTrimtab(world, start, settings);
}

function runTrimtab(world: World, start: StartingKnowledge, settings: TrimtabSettings): ArenaPolicy {
  let governance = governanceAt(world, start, 0, settings);
  const rules = qualityRulesOf(governance);
  let state = startingState(world, start, rules.tolerance);
  let body = startingBody(world, governance, state);
  let drift = { shift: 0 };
  let anchors: AnchorRecord = { nights: 0, means: [] };
  let counts = { policies: 0, demotions: 0, falseDemotions: 0 };
  const alarms = createArenaAlarms(governance, 30 * SESSIONS_PER_DAY);
  const rollouts = createArenaRollouts(world, governance);
  const cells = tokenCells(world);

  const activate = (next: PolicyBody) => {
    if (JSON.stringify(next) === JSON.stringify(body)) return;
    body = next;
    counts = { ...counts, policies: counts.policies + 1 };
  };
  const fall = (turnShape: string, model: string, at: number) => {
    const quality = world.quality(world.shapes.indexOf(turnShape), indexOf(world, model), at, 0);
    const falseDemotions = counts.falseDemotions + (quality >= world.bar ? 1 : 0);
    counts = { ...counts, demotions: counts.demotions + 1, falseDemotions };
  };
  const learnQuality = (label: ArenaLabel, score: number) => {
    const turnShape = world.shapes[label.session.shape] ?? '';
    const model = world.models[label.choice.model]?.id ?? '';
    const quality = withoutDrift(score, drift);
    const before = state;
    state = stepRouting(state, { type: 'session', turnShape, model, quality, hardFailure: label.hardFailure }, rules);
    // A model that is out falls in all shapes at once.
    for (const shape of world.shapes) {
      const phases = [before, state].map((each) => cellOf(each, shape, model).phase);
      if (phases[0] === 'proven' && phases[1] === 'below') fall(shape, model, label.session.index);
    }
    if (label.choice.variant !== 'stable' && label.choice.variant !== 'control') return;
    const action = alarms.see(turnShape, model, quality);
    if (action !== 'none' && rollouts.dropPrefix(label.choice.model)) return;
    if (action !== 'demote') return;
    if (cellOf(state, turnShape, model).phase !== 'below') fall(turnShape, model, label.session.index);
    state = stepRouting(state, { type: 'alarm', turnShape, model }, rules);
    const demotion = demoteModel(body, { turnShape, model }, belowIn(state, turnShape));
    if (demotion !== null) activate(demotion.body);
  };

  const policy: ArenaPolicy = {
    choose(session) {
      const choice = chooseModelFor(session, { world, governance, body, canaryShare: rollouts.share() });
      rollouts.enter(session, choice.variant);
      return { ...choice, prefix: rollouts.prefixOf(choice.model, choice.variant) };
    },
    learn(label) {
      const score = label.score === null ? null : withoutDrift(label.score, drift);
      rollouts.learn(label, score);
      if (label.score !== null) learnQuality(label, label.score);
    },
    tick(nowMs, index) {
      governance = governanceAt(world, start, index, settings);
      if (nowMs % 86_400_000 === 0) {
        const now = world.anchors(index);
        drift = judgeDrift(anchors.means, now);
        if (drift.shift === 0) anchors = withNight(anchors, now);
      }
      rollouts.tick(nowMs, index);
      activate(planPolicy({ current: body, governance, state, cells }).body);
    },
    weight(shape, model) {
      const route = matchRoute(body, factsOf(world, { shape }));
      const own = route?.targets.filter((target) => target.model === world.models[model]?.id) ?? [];
      return own.reduce((sum, target) => sum + target.weight, 0) / WEIGHT_TOTAL;
    },
    report: () => ({ ...counts, ...rollouts.report() }),
  };
  return policy;
}

/** Who takes a session, by the very functions of the gateway. */
function chooseModelFor(
  session: ArenaSession,
  now: {
    readonly world: World;
    readonly governance: Governance;
    readonly body: PolicyBody;
    readonly canaryShare: number;
  },
) {
  const { world, governance, body } = now;
  const facts = factsOf(world, session);
  const exposure = exposureNow(governance, body, now.canaryShare);
  const { variant, explorationProbability } = assignVariant({
    ...{ sessionId: session.id, salt: SALT, mayEnterRollout: true },
    ...{ canaryShare: exposure.canaryShare, explorationShare: exposure.explorationShare },
  });
  const u = sessionHash('target', SALT, session.id);
  const choice = chooseTarget({
    policy: body,
    variant,
    allowList: governance.models,
    facts,
    u,
    explorationProbability,
  });
  if (choice.type !== 'target') throw new RangeError(`the arena's policy refuses ${choice.requestModel}`);
  const { model } = choice.target;
  const explored =
    variant === 'exploration' && (matchRoute(body, facts)?.exploration ?? []).some((each) => each.model === model);
  return { model: indexOf(world, model), variant, explored };
}

/** Mean score of each anchor over the nights in which the judge was itself: one night alone is as noisy as the next. */
interface AnchorRecord {
  readonly nights: number;
  readonly means: readonly number[];
}

function withNight({ nights, means }: AnchorRecord, scores: readonly number[]): AnchorRecord {
  const mean = (score: number, anchor: number) => ((means[anchor] ?? 0) * nights + score) / (nights + 1);
  return { nights: nights + 1, means: scores.map(mean) };
}

function exposureNow(governance: Governance, body: PolicyBody, canary: number) {
  const { exploration, bootstrapShare, exposureMax } = governance;
  const explores = body.routes.flatMap((route) => route.exploration.reduce((sum, each) => sum + each.share, 0));
  const cold = Math.max(0, ...explores) > exploration * WEIGHT_TOTAL;
  return limitExposure({ canary, exploration, bootstrapShare, exposureMax, cold });
}

function governanceAt(world: World, start: StartingKnowledge, at: number, settings: TrimtabSettings): Governance {
  return governanceSchema.parse({
    models: world.models.flatMap(({ id, provider }, model) =>
      world.isListed(model, at) ? [{ id, provider, price: { input: world.price(model, at), output: 0 } }] : [],
    ),
    ...{
      qualityBar: world.bar,
      weights: 'automatic',
      ...settings,
    },
    bootstrapShare: start.warm ? 0 : BOOTSTRAP_SHARE,
  });
}

function startingState(world: World, start: StartingKnowledge, tolerance: number): RoutingState {
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
function startingBody(world: World, governance: Governance, state: RoutingState): PolicyBody {
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

function tokenCells(world: World): Pick<RoutingCell, 'turnShape' | 'model' | 'tokens'>[] {
  const model = world.models[0]?.id ?? '';
  return world.shapes.map((turnShape) => ({ turnShape, model, tokens: { sessions: 1, ...SESSION_TOKENS } }));
}

function belowIn(state: RoutingState, turnShape: string): Set<string> {
  const cells = Object.entries(state.cells[turnShape] ?? {});
  return new Set(cells.filter(([, cell]) => cell.phase === 'below').map(([model]) => model));
}

function factsOf(world: World, session: Pick<ArenaSession, 'shape'>) {
  return {
    requestModel: REQUEST_MODEL,
    turnShape: world.shapes[session.shape] ?? '',
    ...{ developer: null, repo: null, project: null, flagged: false },
  };
}

function indexOf(world: World, model: string): number {
  return world.models.findIndex((each) => each.id === model);
}
