import { logCountEValue } from './count-test.ts';
import type { SessionObservation } from './pair-sessions.ts';

/** Level at which the arms are said to differ in size; half of it for either direction. */
const ARMS_DIFFER_ALPHA = 0.001;

/** How many sessions were assigned to either arm, with the log e-value against "either is as likely". */
export interface ArmSizes {
  readonly canary: number;
  readonly control: number;
  readonly logEValue: number;
  readonly differs: boolean;
}

/**
 * The arms take equal ranges of one hash, so that they grow alike whatever is served in them. Where they do not, sessions
 * leave or enter an arm because of what it serves (a client that gives up, or starts anew), and a comparison of those
 * that stayed is none of the policies: the sample ratio mismatch of controlled experiments, as a sequential test.
 */
export function countArms(observations: readonly SessionObservation[]): ArmSizes {
  const canary = observations.filter((session) => session.variant === 'canary').length;
  const control = observations.length - canary;
  const logEValue = Math.max(logCountEValue(canary, control), logCountEValue(control, canary));
  return { canary, control, logEValue, differs: logEValue >= Math.log(2 / ARMS_DIFFER_ALPHA) };
}
