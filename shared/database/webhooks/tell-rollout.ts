import { sql } from 'kysely';
import type { Database } from '../connect.ts';
import { enqueueWebhook } from './enqueue-webhook.ts';

/**
 * Tells people how a rollout ended. One that was aborted was ended by people, or by something that is told itself.
 */
export async function tellRollout(
  transaction: Database,
  change: {
    readonly projectId: string;
    readonly rolloutId: string;
    readonly reason: string;
    readonly evidence?: Readonly<Record<string, unknown>> | undefined;
  },
  status: 'promoted' | 'rolled_back' | 'inconclusive',
  candidate: string,
): Promise<void> {
  const { projectId, rolloutId } = change;
  const { rows } = await sql<{ at: Date }>`SELECT now() AS at`.execute(transaction);
  const severity = status === 'rolled_back' ? 'critical' : status === 'inconclusive' ? 'warning' : 'info';
  await enqueueWebhook(transaction, {
    ...{ projectId, type: `rollout.${status}`, subject: rolloutId, severity, happenedAt: rows[0]?.at ?? new Date(0) },
    deduplicationKey: `rollout.${status}:${rolloutId}`,
    title: change.reason,
    data: { candidate, evidence: change.evidence ?? {} },
  });
}
