import type { RolloutDecision, RolloutSettings } from '#shared/domain/rollout.ts';
import { analyseRollout } from '../../../services/optimizer/rollout/analyse-rollout.ts';
import type { SessionObservation } from '../../../services/optimizer/rollout/pair-sessions.ts';
import { createRolloutState } from '../../../services/optimizer/rollout/rollout-state.ts';
import { createSeededRandom, type SeededRandom } from '../seeded-random.ts';

const DAY_MS = 86_400_000;
/** Thirty developers with ten sessions each: a canary of five per cent sees about two hundred of them in its two weeks. */
const DEVELOPERS = 30;
const SESSIONS_PER_DAY = 10 * DEVELOPERS;
/** A session lasts so long at the least, and twice that at the most. */
const SESSION_MS = 5 * 60_000;
/** Labels come later the worse the session went: a failed one takes longer to judge. */
const LABEL_MS = 60_000;
/** Looks of the controller; real ones come every few seconds, and nothing can change more often than sessions end. */
const LOOK_MS = DAY_MS / 8;

export interface SwapWorld {
  readonly seed: number;
  readonly canary: readonly (readonly number[])[];
  readonly control: readonly (readonly number[])[];
  readonly canaryShare: number;
  readonly settings: RolloutSettings;
}

export interface SwapOutcome {
  readonly decision: RolloutDecision;
  /** Canary sessions that had been paired when the decision fell; the control had as many. */
  readonly pairs: number;
}

/**
 * A rollout in live traffic, with sessions drawn from recorded outcomes: they arrive at random, fall into an arm by
 * chance, are labelled late, and are analysed as they come in until the rollout decides or its time is up.
 */
export function simulateSwap(world: SwapWorld): SwapOutcome {
  const random = createSeededRandom(world.seed);
  const sessions = drawSessions(random, world);
  let state = createRolloutState(world.settings);
  for (let nowMs = LOOK_MS; state.decision === 'continue'; nowMs += LOOK_MS) {
    const seen = sessions
      .filter((session) => session.startedAtMs <= nowMs)
      .map(({ labelledAtMs, ...session }) => ({ ...session, quality: labelledAtMs <= nowMs ? session.quality : null }));
    state = analyseRollout(state, seen, world.settings, { openedAtMs: 0, nowMs }).state;
  }
  return { decision: state.decision, pairs: state.pairs };
}

function drawSessions(random: SeededRandom, world: SwapWorld): (SessionObservation & { labelledAtMs: number })[] {
  const perDay = 2 * world.canaryShare * SESSIONS_PER_DAY;
  const sessions: (SessionObservation & { labelledAtMs: number })[] = [];
  for (let atMs = 0; atMs < world.settings.maxDurationMs; ) {
    atMs += (-Math.log(1 - random.uniform()) * DAY_MS) / perDay;
    const variant = random.uniform() < 0.5 ? 'canary' : 'control';
    const kind = Math.floor(random.uniform() * world[variant].length);
    const outcomes = world[variant][kind] ?? [];
    const quality = outcomes[Math.floor(random.uniform() * outcomes.length)] ?? 0;
    const lastCallAtMs = atMs + SESSION_MS * (1 + random.uniform());
    const labelledAtMs = lastCallAtMs - LABEL_MS * (2 - quality) * Math.log(1 - random.uniform());
    const sessionId = `session-${sessions.length}`;
    const stratum = `kind-${kind}`;
    const keyId = `developer-${Math.floor(random.uniform() * DEVELOPERS)}`;
    sessions.push({
      ...{ sessionId, variant, stratum, startedAtMs: atMs, lastCallAtMs, quality, keyId, labelledAtMs },
      hardFailure: false,
    });
  }
  return sessions;
}
