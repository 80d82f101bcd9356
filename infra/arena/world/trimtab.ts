import { type PolicyBody, WEIGHT_TOTAL } from '#shared/domain/policy.ts';
import { matchRoute } from '#shared/routing/match-route.ts';
import { demoteModel } from '../../../services/optimizer/demote-model.ts';
import { judgeDrift, withoutDrift } from '../../../services/optimizer/estimation/judge-drift.ts';
import { qualityRulesOf } from '../../../services/optimizer/routing/assess-models.ts';
import { planPolicy } from '../../../services/optimizer/routing/plan-policy.ts';
import { cellOf, type RoutingState } from '../../../services/optimizer/routing/routing-state.ts';
import { stepRouting } from '../../../services/optimizer/routing/step-routing.ts';
import { createArenaAlarms } from './arena-alarms.ts';
import { governanceAt, type TrimtabSettings } from './arena-governance.ts';
import type { ArenaLabel, ArenaPolicy, CreatePolicy, StartingKnowledge } from './arena-policy.ts';
import { withoutPrefix, withPrefix } from './arena-prefixes.ts';
import { createArenaRollouts } from './arena-rollouts.ts';
import { chooseModelFor, factsOf, indexOf } from './choose-in-arena.ts';
import { SESSIONS_PER_DAY, type World } from './create-world.ts';
import { startingBody, startingState, tokenCells } from './starting-point.ts';

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
  const cells = tokenCells(world);

  const activate = (next: PolicyBody) => {
    if (JSON.stringify(next) === JSON.stringify(body)) return;
    body = next;
    counts = { ...counts, policies: counts.policies + 1 };
  };
  const rollouts = createArenaRollouts(world, governance, (models, prefix) => {
    activate(withPrefix(body, world, models, prefix));
  });
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
    const bare = action === 'none' ? null : withoutPrefix(body, { turnShape, model });
    if (bare !== null) return activate(bare);
    if (action !== 'demote') return;
    if (cellOf(state, turnShape, model).phase !== 'below') fall(turnShape, model, label.session.index);
    state = stepRouting(state, { type: 'alarm', turnShape, model }, rules);
    const demotion = demoteModel(body, { turnShape, model }, belowIn(state, turnShape));
    if (demotion !== null) activate(demotion.body);
  };

  const weight = (shape: number, model: number) => {
    const route = matchRoute(body, factsOf(world, { shape }));
    const own = route?.targets.filter((target) => target.model === world.models[model]?.id) ?? [];
    return own.reduce((sum, target) => sum + target.weight, 0) / WEIGHT_TOTAL;
  };

  const policy: ArenaPolicy = {
    choose(session) {
      const choice = chooseModelFor(session, { world, governance, body, canaryShare: rollouts.share() });
      rollouts.enter(session, choice.variant, (model) => weight(session.shape, model));
      return { ...choice, prefix: rollouts.triedOn(choice.model, choice.variant) ?? choice.prefix };
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
    weight,
    report: () => ({ ...counts, ...rollouts.report() }),
  };
  return policy;
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

function belowIn(state: RoutingState, turnShape: string): Set<string> {
  const cells = Object.entries(state.cells[turnShape] ?? {});
  return new Set(cells.filter(([, cell]) => cell.phase === 'below').map(([model]) => model));
}
