import type { RolloutSettings } from '#shared/domain/rollout.ts';

/**
 * Part of `alphaRollBack` that the count of hard failures may spend; the paired test has the rest, so that both
 * together roll a harmless canary back with chance at most alpha. At alpha 0.01 it takes 13 hard failures on the canary
 * with none on the control, however early, and costs the paired test about two pairs in a hundred.
 */
const HARD_FAILURE_ALPHA_SHARE = 0.1;

/** E-values that each way of rolling back has to reach. */
export function rollBackThresholds(settings: Pick<RolloutSettings, 'alphaRollBack'>): {
  readonly paired: number;
  readonly hardFailures: number;
} {
  return {
    paired: 1 / (settings.alphaRollBack * (1 - HARD_FAILURE_ALPHA_SHARE)),
    hardFailures: 1 / (settings.alphaRollBack * HARD_FAILURE_ALPHA_SHARE),
  };
}
