import { sql } from 'kysely';
import type { Database } from '../connect.ts';

/** One delivery of an event, and what became of it. */
export interface Delivery {
  readonly deliveryId: string;
  readonly webhook: string;
  readonly type: string;
  readonly title: string;
  readonly status: string;
  readonly attempts: number;
  readonly answerStatus: number | null;
  readonly problem: string | null;
  readonly createdAt: Date;
  readonly nextAttemptAt: Date;
}

/** Deliveries, newest event first. */
export async function listDeliveries(
  database: Database,
  projectId: string,
  filter: { readonly status?: string | undefined; readonly limit: number },
): Promise<readonly Delivery[]> {
  let query = database
    .selectFrom('webhookDelivery as delivery')
    .innerJoin('webhookEvent as event', 'event.eventId', 'delivery.eventId')
    .select(['delivery.deliveryId', 'delivery.webhook', 'event.type', 'event.title', 'delivery.status'])
    .select(['delivery.attempts', 'delivery.answerStatus', 'delivery.problem'])
    .select(['event.createdAt', 'delivery.nextAttemptAt'])
    .where('delivery.projectId', '=', projectId);
  if (filter.status !== undefined) query = query.where('delivery.status', '=', filter.status);
  return await query.orderBy('event.createdAt', 'desc').orderBy('delivery.deliveryId').limit(filter.limit).execute();
}

/** Has deliveries that were given up made once more, with three more days to go. Returns how many. */
export async function retryDeliveries(database: Database, projectId: string, now: Date): Promise<number> {
  const retried = await sql`
    WITH again AS (
      UPDATE webhook_delivery SET status = 'pending', attempts = 0, next_attempt_at = ${now}, finished_at = NULL
      WHERE project_id = ${projectId} AND status = 'failed' RETURNING event_id
    )
    UPDATE webhook_event SET created_at = ${now} WHERE event_id IN (SELECT event_id FROM again)`.execute(database);
  return Number(retried.numAffectedRows ?? 0n);
}
