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

interface Running {
  readonly prefix: PrefixTried;
  readonly openedAtMs: number;
  readonly observations: Map<string, SessionObservation>;
  state: RolloutState;
}

/**
 * Two prefixes are proposed in every world, one that helps a model and harms the others and one that turns bad after its
 * first canary sessions; each goes through a rollout. Moves of weight are made in both arms.
 */
export function createArenaRollouts(world: World, governance: Governance) {
  const settings = rolloutSettingsOf(governance);
  const proposals = world.events.flatMap(({ kind, from }): { prefix: PrefixTried; from: number }[] =>
    kind === 'mixed_prefix' ? [{ prefix: 1, from }] : kind === 'late_bad_canary' ? [{ prefix: 2, from }] : [],
  );
  const waiting = proposals.sort((left, right) => left.from - right.from);
  let running: Running | null = null;
  let stable: PrefixTried = 0;
  let promotedWorse = 0;

  const decide = (rollout: Running, nowMs: number) => {
    const clock = { openedAtMs: rollout.openedAtMs, nowMs };
    const analysis = analyseRollout(rollout.state, [...rollout.observations.values()], settings, clock);
    rollout.state = analysis.state;
    if (analysis.decision === 'continue') return;
    if (analysis.decision === 'promote') {
      stable = rollout.prefix;
      promotedWorse += 1;
    }
    running = null;
  };

  return {
    share: (): number => (running === null ? 0 : governance.rollout.canary),
    candidate: (): PrefixTried => running?.prefix ?? stable,
    stablePrefix: (): PrefixTried => stable,
    enter(session: ArenaSession, variant: Variant): void {
      if (running === null || (variant !== 'canary' && variant !== 'control')) return;
      running.observations.set(session.id, {
        ...{ sessionId: session.id, variant, stratum: world.shapes[session.shape] ?? '' },
        ...{
          startedAtMs: session.startMs,
          lastCallAtMs: session.startMs,
          quality: null,
          hardFailure: false,
          keyId: null,
        },
      });
    },
    learn(label: ArenaLabel, quality: number | null): void {
      const known = running?.observations.get(label.session.id);
      if (known === undefined || running === null) return;
      const { hardFailure, endMs: lastCallAtMs } = label;
      running.observations.set(label.session.id, { ...known, quality, hardFailure, lastCallAtMs });
    },
    tick(nowMs: number, at: number): void {
      const next = waiting[0];
      if (running === null && next !== undefined && at >= next.from) {
        waiting.shift();
        const { prefix } = next;
        running = { prefix, openedAtMs: nowMs, observations: new Map(), state: createRolloutState(settings) };
      }
      if (running !== null && nowMs % LOOK_MS === 0) decide(running, nowMs);
    },
    report: () => ({ promotedWorse, rolledBackHarmless: 0 }),
  };
}
