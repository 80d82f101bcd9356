import { sql } from 'kysely';
import type { WebhookEventType } from '../../domain/webhook-event.ts';
import { storableText } from '../columns.ts';
import type { Database } from '../connect.ts';

/** A delivery that is to be made now, with its event. */
export interface DueDelivery {
  readonly deliveryId: string;
  readonly webhook: string;
  /** This one included. */
  readonly attempts: number;
  readonly eventId: string;
  readonly type: WebhookEventType;
  readonly subject: string;
  readonly severity: 'critical' | 'warning' | 'info';
  readonly title: string;
  readonly data: unknown;
  readonly happenedAt: Date;
  readonly createdAt: Date;
}

/** What became of one attempt; `again` is when it is tried next. */
export type DeliveryOutcome = { readonly answerStatus: number | null; readonly problem: string | null } & (
  | { readonly status: 'delivered' | 'failed' }
  | { readonly status: 'pending'; readonly again: Date }
);

const FAN_OUT_MAX = 500;
const PROBLEM_CHARACTERS_MAX = 300;

/** Makes deliveries of the events that have none yet, one per webhook that wants them. Safe to run twice at once. */
export async function fanOutEvents(
  database: Database,
  projectId: string,
  options: { readonly now: Date; readonly webhooksFor: (type: string) => readonly string[] },
): Promise<number> {
  return await database.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ eventId: string; type: string }>`
      SELECT event_id, type FROM webhook_event WHERE project_id = ${projectId} AND fanned_out_at IS NULL
      ORDER BY created_at LIMIT ${FAN_OUT_MAX} FOR UPDATE SKIP LOCKED`.execute(transaction);
    if (rows.length === 0) return 0;
    const deliveries = rows.flatMap(({ eventId, type }) =>
      options.webhooksFor(type).map((webhook) => ({ eventId, webhook, projectId, nextAttemptAt: options.now })),
    );
    if (deliveries.length > 0) {
      await transaction
        .insertInto('webhookDelivery')
        .values(deliveries)
        .onConflict((conflict) => conflict.columns(['eventId', 'webhook']).doNothing())
        .execute();
    }
    await sql`
      UPDATE webhook_event SET fanned_out_at = ${options.now}
      WHERE event_id = ANY(${rows.map(({ eventId }) => eventId)}::uuid[])`.execute(transaction);
    return deliveries.length;
  });
}

/** Takes deliveries that are due, and keeps them from other senders until the lease ends. */
export async function claimDeliveries(
  database: Database,
  projectId: string,
  options: { readonly now: Date; readonly leaseMs: number; readonly limit: number },
): Promise<readonly DueDelivery[]> {
  const { now, leaseMs, limit } = options;
  const { rows } = await sql<DueDelivery>`
    WITH due AS (
      SELECT delivery_id FROM webhook_delivery
      WHERE project_id = ${projectId} AND status = 'pending' AND next_attempt_at <= ${now}
      ORDER BY next_attempt_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
    )
    UPDATE webhook_delivery delivery SET attempts = delivery.attempts + 1,
      next_attempt_at = ${new Date(now.getTime() + leaseMs)}
    FROM due, webhook_event event
    WHERE delivery.delivery_id = due.delivery_id AND event.event_id = delivery.event_id
    RETURNING delivery.delivery_id, delivery.webhook, delivery.attempts, event.event_id, event.type, event.subject,
      event.severity, event.title, event.data, event.happened_at, event.created_at`.execute(database);
  return rows;
}

/** Writes down what became of an attempt. A delivery that went with its event in the meantime stays gone. */
export async function finishAttempt(
  database: Database,
  deliveryId: string,
  outcome: DeliveryOutcome,
  now: Date,
): Promise<void> {
  const { status, answerStatus } = outcome;
  const problem = outcome.problem === null ? null : storableText(outcome.problem).slice(0, PROBLEM_CHARACTERS_MAX);
  await database
    .updateTable('webhookDelivery')
    .set({
      ...{ status, answerStatus, problem },
      ...(outcome.status === 'pending' ? { nextAttemptAt: outcome.again } : { finishedAt: now }),
    })
    .where('deliveryId', '=', deliveryId)
    .execute();
}

/** Removes events that are told, or given up, since before a moment. Returns how many. */
export async function dropOldEvents(database: Database, projectId: string, before: Date): Promise<number> {
  const removed = await sql`
    DELETE FROM webhook_event event WHERE project_id = ${projectId} AND created_at < ${before}
      AND fanned_out_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM webhook_delivery delivery
        WHERE delivery.event_id = event.event_id AND delivery.status = 'pending')`.execute(database);
  return Number(removed.numAffectedRows ?? 0n);
}
