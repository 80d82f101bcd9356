import type { Variant } from '#shared/domain/call.ts';
import { sessionHash } from './session-hash.ts';

export interface AssignmentInput {
  readonly sessionId: string;
  /** The policy pointer's salt. */
  readonly salt: string;
  /** Share of the canary, 0 when no rollout runs; the control takes as much again. */
  readonly canaryShare: number;
  readonly explorationShare: number;
  /**
   * Whether the session may enter the running rollout: its first request came after the rollout opened, and its id is
   * not one of the weak ones. Other sessions stay with the stable policy, whose conversation they began under.
   */
  readonly mayEnterRollout: boolean;
}

export interface Assignment {
  readonly variant: Variant;
  /** Chance that a session served by the stable policy explores; part of the logged propensity. */
  readonly explorationProbability: number;
}

/**
 * Which arm a session belongs to, from one hash u of it: [0, c) canary, [c, 2c) control, [2c, 2c + e) exploration, the
 * rest stable. A pure function of its input, so that replicas agree without talking to one another.
 */
export function assignVariant(input: AssignmentInput): Assignment {
  const canary = Math.min(Math.max(input.canaryShare, 0), 0.5);
  const exploration = Math.min(Math.max(input.explorationShare, 0), 1 - 2 * canary);
  const u = sessionHash('variant', input.salt, input.sessionId);
  const underStable = input.mayEnterRollout ? 1 - canary : 1;
  return {
    variant: variantOf(u, canary, exploration, input.mayEnterRollout),
    explorationProbability: exploration / underStable,
  };
}

function variantOf(u: number, canary: number, exploration: number, mayEnterRollout: boolean): Variant {
  if (u < 2 * canary) {
    if (!mayEnterRollout) return 'stable';
    return u < canary ? 'canary' : 'control';
  }
  return u < 2 * canary + exploration ? 'exploration' : 'stable';
}
