import type { Governance } from '#shared/domain/governance.ts';
import { type RolloutDecision, type RolloutSettings, rolloutSettingsOf } from '#shared/domain/rollout.ts';
import { withSpentError } from '#shared/domain/spend-error.ts';
import { analyseRollout } from '../../../services/optimizer/rollout/analyse-rollout.ts';
import type { SessionObservation } from '../../../services/optimizer/rollout/pair-sessions.ts';
import { createRolloutState, type RolloutState } from '../../../services/optimizer/rollout/rollout-state.ts';

/** Another model for a turn shape: what a canary tries. */
export interface ShapeChange {
  readonly turnShape: string;
  readonly from: string;
  readonly to: string;
}

export type RolloutEnding = Exclude<RolloutDecision, 'continue'>;

export interface ReplayRollouts {
  running(): ShapeChange | null;
  open(change: ShapeChange, nowMs: number): void;
  /** One more session of an arm; tells how the rollout ended, when it does. */
  see(session: Pick<SessionObservation, 'sessionId' | 'variant' | 'quality'>, nowMs: number): RolloutEnding | null;
  /** Whether the very change was rolled back, or came to nothing, too short a time ago to be tried again. */
  isCooling(change: ShapeChange, nowMs: number): boolean;
  endings(): Readonly<Record<RolloutEnding, number>>;
}

interface Running {
  readonly change: ShapeChange;
  readonly settings: RolloutSettings;
  readonly openedAtMs: number;
  readonly observations: SessionObservation[];
  state: RolloutState;
  /** Sessions at which the rollout is looked at next. */
  lookAt: number;
}

const DAY_MS = 86_400_000;
const QUARTER_MS = 90 * DAY_MS;
/** A cool-off doubles up to this, as the guard of the policy pointer has it. */
const COOL_OFF_MAX_MS = 30 * DAY_MS;
/** Decisions fall pair by pair, so that how often one looks changes only the speed. */
const FIRST_LOOK_SESSIONS = 200;
const LOOK_GROWTH = 1.25;

/**
 * Canaries of one turn shape's model each, one after another because a project has one canary at a time, by the analysis
 * that runs in production and at their place among the canaries of the quarter, which share their error rates.
 */
export function createReplayRollouts(governance: Governance): ReplayRollouts {
  const coolOffs = new Map<string, { readonly times: number; readonly untilMs: number }>();
  const endings: Record<RolloutEnding, number> = { promote: 0, rollBack: 0, inconclusive: 0 };
  let quarter = { number: 0, opened: 0, rolledBack: 0, promoted: 0 };
  let running: Running | null = null;

  const coolOff = (change: ShapeChange, nowMs: number) => {
    const times = (coolOffs.get(keyOf(change))?.times ?? 0) + 1;
    const longestMs = Math.max(governance.coolOffMs, COOL_OFF_MAX_MS);
    const untilMs = nowMs + Math.min(governance.coolOffMs * 2 ** (times - 1), longestMs);
    coolOffs.set(keyOf(change), { times, untilMs });
  };

  return {
    running: () => running?.change ?? null,
    open(change, nowMs) {
      const number = Math.floor(nowMs / QUARTER_MS);
      if (number !== quarter.number) quarter = { number, opened: 0, rolledBack: 0, promoted: 0 };
      const { opened, rolledBack, promoted } = quarter;
      const spent = withSpentError(rolloutSettingsOf(governance), { place: opened + 1, rolledBack, promoted });
      const settings = { ...spent, stratum: change.turnShape };
      quarter = { ...quarter, opened: opened + 1 };
      const state = createRolloutState(settings);
      running = { change, settings, state, openedAtMs: nowMs, observations: [], lookAt: FIRST_LOOK_SESSIONS };
    },
    see(session, nowMs) {
      if (running === null) return null;
      const { change, observations, settings, openedAtMs } = running;
      const facts = { stratum: change.turnShape, startedAtMs: nowMs, lastCallAtMs: nowMs, hardFailure: false };
      observations.push({ sessionId: session.sessionId, variant: session.variant, quality: session.quality, ...facts });
      if (observations.length < running.lookAt) return null;
      running.lookAt = Math.ceil(running.lookAt * LOOK_GROWTH);
      const { state, decision } = analyseRollout(running.state, observations, settings, { openedAtMs, nowMs });
      running.state = state;
      if (decision === 'continue') return null;
      running = null;
      endings[decision] += 1;
      const { rolledBack, promoted } = quarter;
      if (decision === 'promote') quarter = { ...quarter, promoted: promoted + 1 };
      else coolOff(change, nowMs);
      if (decision === 'rollBack') quarter = { ...quarter, rolledBack: rolledBack + 1 };
      return decision;
    },
    isCooling: (change, nowMs) => (coolOffs.get(keyOf(change))?.untilMs ?? 0) > nowMs,
    endings: () => endings,
  };
}

function keyOf({ turnShape, from, to }: ShapeChange): string {
  return JSON.stringify([turnShape, from, to]);
}
