/** What must hold after every fault, whatever it was. */
export type Invariant =
  /** Conservation: every answered call is scored, pending, dead-lettered, dropped or lost before durable. */
  | 'I1'
  /** Uniqueness: nothing is stored, scored or counted twice. */
  | 'I2'
  /** Linearity of policies: epochs rise by one, one is current, no gateway goes back, contents match their names. */
  | 'I3'
  /** Staleness: how late gateways apply a policy. */
  | 'I4'
  /** Isolation: clients notice no fault behind the gateway. */
  | 'I5'
  /** No secret in logs, files, tables or queues. */
  | 'I6'
  /** The audit chain verifies, and every change has an actor and a reason. */
  | 'I7';

export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
  readonly count: number;
  /** A few of the things that show it. */
  readonly evidence: unknown;
}

/** Of calls that are kept, and were not scored when the waiting was over. */
export const STILL_PENDING = 'calls are still pending';

const SHOWN_MAX = 5;

/** None when there is nothing to show. */
export function violationOf(invariant: Invariant, what: string, found: readonly unknown[]): readonly Violation[] {
  if (found.length === 0) return [];
  return [{ invariant, what, count: found.length, evidence: found.slice(0, SHOWN_MAX) }];
}
