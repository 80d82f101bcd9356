import type { ClientCall } from '../../../testing/load.ts';
import { type Violation, violationOf } from './violation.ts';

export interface ClientEvidence {
  readonly calls: readonly ClientCall[];
  /** Ends of calls that the fault itself explains: a gateway was killed, or an upstream was made to fail. */
  readonly expected: readonly ClientCall['outcome'][];
}

/** I5: no fault behind the gateway is seen by its clients. */
export function auditClients({ calls, expected }: ClientEvidence): readonly Violation[] {
  const disturbed = calls.filter(({ outcome }) => outcome !== 'ok' && !expected.includes(outcome));
  return violationOf('I5', 'clients met errors', disturbed);
}
