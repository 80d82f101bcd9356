import type { RolloutDecision, RolloutSettings } from '#shared/domain/rollout.ts';
import { analyseRollout } from '../../services/optimizer/rollout/analyse-rollout.ts';
import type { SessionObservation } from '../../services/optimizer/rollout/pair-sessions.ts';
import { createRolloutState } from '../../services/optimizer/rollout/rollout-state.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';
import { type SessionModel, simulateSessionQuality } from './simulate-session.ts';

/** Sessions of both arms start this far apart. */
const SPACING_MS = 60_000;
/** Pairs handed to the analysis at a time; decisions fall pair by pair, so it changes only the speed. */
const BATCH_PAIRS = 100;

/** Virtual keys that call in turn: none of them has more than its share. */
const KEYS = 10;

export interface RolloutWorld {
  readonly seed: number;
  readonly canary: SessionModel;
  readonly control: SessionModel;
  readonly strata: number;
  readonly pairs: number;
  readonly settings: RolloutSettings;
}

export interface RolloutOutcome {
  readonly decision: RolloutDecision;
  readonly pairs: number;
}

/** One rollout from its opening to its decision, through the analysis that runs in production. */
export function simulateRollout(world: RolloutWorld): RolloutOutcome {
  const random = createSeededRandom(world.seed);
  let state = createRolloutState(world.settings);
  for (let taken = 0; taken < world.pairs && state.decision === 'continue'; taken += BATCH_PAIRS) {
    const count = Math.min(BATCH_PAIRS, world.pairs - taken);
    const batch = Array.from({ length: count }, (_, index) => drawPair(random, world, taken + index)).flat();
    const nowMs = (taken + count) * SPACING_MS + world.settings.sessionOpenMaxMs;
    state = analyseRollout(state, batch, world.settings, { openedAtMs: 0, nowMs }).state;
  }
  return { decision: state.decision, pairs: state.pairs };
}

function drawPair(random: SeededRandom, world: RolloutWorld, index: number): SessionObservation[] {
  const stratum = `stratum-${Math.floor(random.uniform() * world.strata)}`;
  const startedAtMs = index * SPACING_MS;
  const arm = (variant: 'canary' | 'control', model: SessionModel): SessionObservation => ({
    sessionId: `${variant}-${index}`,
    variant,
    stratum,
    startedAtMs,
    lastCallAtMs: startedAtMs,
    quality: simulateSessionQuality(random, model),
    hardFailure: false,
    keyId: `key-${index % KEYS}`,
  });
  return [arm('canary', world.canary), arm('control', world.control)];
}
