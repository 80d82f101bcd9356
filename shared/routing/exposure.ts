export interface ExposureRules {
  /** Share of sessions for the canary of a running rollout, or 0; the control arm takes as much again. */
  readonly canary: number;
  readonly exploration: number;
  /** Exploration while nothing is known yet; 0 in production. */
  readonly bootstrapShare: number;
  readonly exposureMax: number;
  /** Whether routes still lack a proven model. */
  readonly cold: boolean;
}

export interface Exposure {
  readonly canaryShare: number;
  readonly explorationShare: number;
}

/**
 * Shares of sessions that get anything but the stable policy's own targets. Canary and exploration together stay within
 * `exposureMax`, the canary first; a bootstrap may exceed it, is asked for by name, and never runs beside a canary.
 */
export function limitExposure(rules: ExposureRules): Exposure {
  const canaryShare = Math.min(rules.canary, rules.exposureMax, 0.5);
  const left = Math.max(0, Math.min(rules.exposureMax - canaryShare, 1 - 2 * canaryShare));
  const explorationShare = Math.min(rules.exploration, left);
  if (canaryShare > 0 || !rules.cold) return { canaryShare, explorationShare };
  return { canaryShare, explorationShare: Math.min(1, Math.max(explorationShare, rules.bootstrapShare)) };
}
