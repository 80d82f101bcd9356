import type { Variant } from '#shared/domain/call.ts';
import type { Governance } from '#shared/domain/governance.ts';
import { rolloutSettingsOf } from '#shared/domain/rollout.ts';
import { analyseRollout } from '../../../services/optimizer/rollout/analyse-rollout.ts';
import type { SessionObservation } from '../../../services/optimizer/rollout/pair-sessions.ts';
import { createRolloutState, type RolloutState } from '../../../services/optimizer/rollout/rollout-state.ts';
import type { ArenaLabel } from './arena-policy.ts';
import type { ArenaSession, PrefixTried, World } from './create-world.ts';

/** How often the running rollout is looked at. */
const LOOK_MS = 1_800_000;

/**
 * Part of a shape's sessions that a model has to have for the shape to be compared in a rollout of a prefix for it: in
 * production such a prefix is for one turn shape in which the model fails often, and only that shape is compared.
 */
const MAINLY = 0.5;

/** Below this a session has failed; failures of so many sessions count when it is decided which prefix comes first. */
const FAILED = 0.5;
const FAILURES_OF_SESSIONS = 5_000;

/** A prefix for one model, as the search for prefixes proposes it, or (model null) for all that is served. */
interface Proposal {
  readonly prefix: PrefixTried;
  readonly model: number | null;
  readonly from: number;
}

interface Running extends Pick<Proposal, 'prefix' | 'model'> {
  readonly openedAtMs: number;
  readonly observations: Map<string, SessionObservation>;
  state: RolloutState;
}

/**
 * Prefixes that are proposed in every world: one that helps a model and harms the others, for the model that it helps
 * and for one that it harms, and one for all that turns bad after its first canary sessions. Each goes through a
 * rollout, the one for the model with the most failures first, as the search for prefixes takes clusters by their
 * failures; moves of weight are made in both arms.
 *
 * @param promote puts a prefix that has passed its rollout on some models
 */
export function createArenaRollouts(
  world: World,
  governance: Governance,
  promote: (models: readonly string[], prefix: PrefixTried) => void,
) {
  const settings = rolloutSettingsOf(governance);
  const waiting = proposalsOf(world);
  const failures = world.models.map(() => 0);
  let running: Running | null = null;
  let report = { promotedWorse: 0, rolledBackHarmless: 0 };

  const decide = (rollout: Running, nowMs: number) => {
    const clock = { openedAtMs: rollout.openedAtMs, nowMs };
    const analysis = analyseRollout(rollout.state, [...rollout.observations.values()], settings, clock);
    rollout.state = analysis.state;
    if (analysis.decision === 'continue') return;
    running = null;
    const helps = isHelp(world, rollout);
    if (analysis.decision === 'promote') {
      const covered = world.models.filter((_, model) => covers(rollout, model));
      promote(
        covered.map(({ id }) => id),
        rollout.prefix,
      );
      if (!helps) report = { ...report, promotedWorse: report.promotedWorse + 1 };
    } else if (analysis.decision === 'rollBack' && helps) {
      report = { ...report, rolledBackHarmless: report.rolledBackHarmless + 1 };
    }
  };

  return {
    share: (): number => (running === null ? 0 : governance.rollout.canary),
    /** The prefix that the canary tries on a model; null where it serves the model as the policy does. */
    triedOn(model: number, variant: Variant): PrefixTried | null {
      return variant === 'canary' && running !== null && covers(running, model) ? running.prefix : null;
    },
    /** `weightOf`: share of the session's shape that a model has by the policy. */
    enter(session: ArenaSession, variant: Variant, weightOf: (model: number) => number): void {
      if (running === null || (variant !== 'canary' && variant !== 'control')) return;
      if (running.model !== null && weightOf(running.model) < MAINLY) return;
      running.observations.set(session.id, {
        ...{ sessionId: session.id, variant, stratum: world.shapes[session.shape] ?? '' },
        ...{ startedAtMs: session.startMs, lastCallAtMs: session.startMs, quality: null },
        ...{ hardFailure: false, keyId: null },
      });
    },
    learn(label: ArenaLabel, quality: number | null): void {
      const { model: served } = label.choice;
      for (const [model, failed] of failures.entries()) failures[model] = failed * (1 - 1 / FAILURES_OF_SESSIONS);
      if (quality !== null && quality < FAILED) failures[served] = (failures[served] ?? 0) + 1;
      const known = running?.observations.get(label.session.id);
      if (known === undefined || running === null) return;
      const { hardFailure, endMs: lastCallAtMs } = label;
      running.observations.set(label.session.id, { ...known, quality, hardFailure, lastCallAtMs });
    },
    tick(nowMs: number, at: number): void {
      const next = worstFirst(
        waiting.filter(({ from }) => at >= from),
        failures,
      )[0];
      if (running === null && next !== undefined) {
        waiting.splice(waiting.indexOf(next), 1);
        const { prefix, model } = next;
        running = { prefix, model, openedAtMs: nowMs, observations: new Map(), state: createRolloutState(settings) };
      }
      if (running !== null && nowMs % LOOK_MS === 0) decide(running, nowMs);
    },
    report: () => report,
  };
}

function proposalsOf(world: World): Proposal[] {
  const proposals = world.events.flatMap(({ kind, from, model }): Proposal[] => {
    if (kind === 'late_bad_canary') return [{ prefix: 2, model: null, from }];
    if (kind !== 'mixed_prefix') return [];
    const harmed = [...world.models.keys()].find((each) => each !== model && world.isListed(each, from)) ?? model;
    return [harmed, model].map((each) => ({ prefix: 1, model: each, from }));
  });
  return proposals;
}

/** A prefix for all models is about every failure. */
function worstFirst(proposals: readonly Proposal[], failures: readonly number[]): Proposal[] {
  const about = ({ model }: Proposal) => (model === null ? Number.POSITIVE_INFINITY : (failures[model] ?? 0));
  return proposals.toSorted((left, right) => about(right) - about(left));
}

function covers(proposal: Pick<Proposal, 'model'>, model: number): boolean {
  return proposal.model === null || proposal.model === model;
}

function isHelp(world: World, { prefix, model }: Pick<Proposal, 'prefix' | 'model'>): boolean {
  return prefix === 1 && world.events.some((event) => event.kind === 'mixed_prefix' && event.model === model);
}
