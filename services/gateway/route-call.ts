import type { ActivePolicies } from '#shared/domain/active-policies.ts';
import type { ModelFeature } from '#shared/domain/governance.ts';
import type { TurnShape } from '#shared/domain/turn-shape.ts';
import { chooseTarget, type TargetChoice, type TargetRefusal } from '#shared/routing/choose-target.ts';
import { cacheLossUsd } from '#shared/routing/escalation.ts';
import { sessionHash } from '#shared/routing/session-hash.ts';
import type { Identity } from './access/identity.ts';
import type { ModelCatalogue } from './config.ts';
import type { FlaggedSessions } from './flagged-sessions.ts';
import type { SessionPin } from './session-pins.ts';

export interface RouteInput {
  readonly active: ActivePolicies;
  readonly models: ModelCatalogue;
  readonly pin: SessionPin;
  readonly sessionId: string;
  readonly identity: Identity;
  readonly requestModel: string;
  readonly turnShape: TurnShape;
  /** Of the request with which the call's conversation opened; its own when absent. */
  readonly openingShape?: TurnShape;
  /** By its size; any model is large enough when absent. */
  readonly inputTokens?: number;
  /** What the request needs of a model; anything will do when absent. */
  readonly needs?: readonly ModelFeature[];
  /** Sessions that have just failed; none when absent. */
  readonly flagged?: FlaggedSessions;
}

/** The target of one call, by its session's policy and today's allow-list. */
export function routeCall(input: RouteInput): TargetChoice | TargetRefusal {
  const usual = choose(input, false);
  const { flagged, sessionId, active } = input;
  if (flagged?.isFlagged(sessionId, active.escalation) !== true) return usual;
  const escalated = choose(input, true);
  if (usual.type !== 'target' || escalated.type !== 'target') return escalated;
  if (escalated.target.model === usual.target.model) return escalated;
  if (!flagged.hasEscalated(sessionId)) {
    if (!isWorthItsCache(input, input.inputTokens ?? 0, usual.target.model, escalated.target.model)) return usual;
    flagged.noteEscalated(sessionId);
  }
  return escalated;
}

/** What the session's cache is worth must be below what governance gives up for a rescue; what has no price is not left. */
function isWorthItsCache({ active }: RouteInput, inputTokens: number, from: string, to: string): boolean {
  const priceOf = (model: string) => active.models.find(({ id }) => id === model)?.price;
  const [priceFrom, priceTo] = [priceOf(from), priceOf(to)];
  if (priceFrom === undefined || priceTo === undefined || active.escalation === undefined) return false;
  return cacheLossUsd(inputTokens, priceFrom, priceTo) <= active.escalation.cacheLossMaxUsd;
}

/** By the call's own shape alone when its conversation has outgrown the model that the opening gives it. */
function choose(input: RouteInput, isFlagged: boolean): TargetChoice | TargetRefusal {
  const { turnShape, openingShape = turnShape, inputTokens = 0, models } = input;
  const usual = chooseBy(openingShape, input, isFlagged);
  if (openingShape === turnShape || usual.type !== 'target') return usual;
  const contextTokens = models.get(usual.target.model)?.model.contextTokens ?? Number.POSITIVE_INFINITY;
  return inputTokens <= contextTokens ? usual : chooseBy(turnShape, input, isFlagged);
}

function chooseBy(openingShape: TurnShape, input: RouteInput, flagged: boolean): TargetChoice | TargetRefusal {
  const { pin, identity, turnShape } = input;
  return chooseTarget({
    policy: pin.policy.body,
    facts: {
      requestModel: input.requestModel,
      turnShape,
      openingShape,
      developer: identity.developer,
      repo: identity.repo,
      project: identity.projectId,
      flagged,
    },
    variant: pin.variant,
    u: sessionHash('target', pin.salt, input.sessionId),
    explorationProbability: pin.explorationProbability,
    allowList: servableModels(input.active, input.models, input.needs),
  });
}

type Models = ActivePolicies['models'];
interface Servable {
  readonly models: ModelCatalogue;
  readonly found: Map<string, Models>;
}

/** Allow-lists change seldom, and every call asks for this one. */
const servable = new WeakMap<Models, Servable>();
const NO_NEEDS: readonly ModelFeature[] = [];

/**
 * Allow-listed models that this gateway knows how to reach, in the order of its configuration: those in the regions of
 * governance that can do what the request needs. Checked here too, whatever the policy and the store say.
 */
export function servableModels(active: ActivePolicies, models: ModelCatalogue, needs = NO_NEEDS): Models {
  let known = servable.get(active.models);
  if (known?.models !== models) {
    known = { models, found: new Map() };
    servable.set(active.models, known);
  }
  const key = needs.join();
  const before = known.found.get(key);
  if (before !== undefined) return before;
  const residency = active.residency ?? [];
  const found = [...models.keys()].flatMap((name) => {
    const model = active.models.find(({ id }) => id === name);
    if (model === undefined) return [];
    if (residency.length > 0 && !residency.includes(model.region ?? '')) return [];
    return needs.every((need) => model.features === undefined || model.features.includes(need)) ? [model] : [];
  });
  known.found.set(key, found);
  return found;
}
