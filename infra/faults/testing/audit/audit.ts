import type { Database } from '#shared/database/connect.ts';
import type { ClientCall } from '../../../testing/load.ts';
import type { PolicySample } from '../policy-watch.ts';
import { auditConservation, auditUniqueness } from './audit-calls.ts';
import { auditClients } from './audit-clients.ts';
import { auditLeaks } from './audit-leaks.ts';
import { auditChain, auditLinearity } from './audit-policies.ts';
import { auditStaleness, type PublishedEpoch } from './audit-staleness.ts';
import type { Violation } from './violation.ts';

/** All that is known after a fault. What is not known is left out, and what it would show is not checked. */
export interface AuditEvidence {
  /** With all rights, and past any proxy. */
  readonly database: Database;
  readonly projectId: string;
  readonly spoolFolders: readonly string[];
  /** Copies of policies on the gateways' disks. */
  readonly policyCopies: readonly string[];
  /** Everything that was written to a disk. */
  readonly folders: readonly string[];
  readonly secrets: readonly string[];
  readonly calls: readonly ClientCall[];
  readonly isInWindow?: (call: ClientCall) => boolean;
  /** The journal is not that of all clients. */
  readonly isStrangerAllowed?: boolean;
  /** Ends of calls that the fault itself explains. */
  readonly expected?: readonly ClientCall['outcome'][];
  readonly samples?: readonly PolicySample[];
  readonly published?: readonly PublishedEpoch[];
}

/** Checks all invariants, and returns what breaks them. The system must have come to rest. */
export async function audit(evidence: AuditEvidence): Promise<readonly Violation[]> {
  const { database, projectId, calls, samples = [], published = [], expected = [] } = evidence;
  return [
    ...(await auditConservation(evidence)),
    ...(await auditUniqueness(database)),
    ...(await auditLinearity({ database, projectId, samples, copies: evidence.policyCopies })),
    ...auditStaleness(published, samples),
    ...auditClients({ calls, expected }),
    ...(await auditLeaks(evidence)),
    ...(await auditChain(database, projectId)),
  ];
}
