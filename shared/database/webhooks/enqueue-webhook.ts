import type { WebhookEvent } from '../../domain/webhook-event.ts';
import { jsonText, storableText } from '../columns.ts';
import type { Database } from '../connect.ts';

const TITLE_CHARACTERS_MAX = 300;

/**
 * Writes an event into the outbox of webhooks; call it in the transaction that makes it true. Whether and where it is
 * sent is the sender's business.
 *
 * @returns the id of the event, or null when one with its deduplication key was written before
 */
export async function enqueueWebhook(database: Database, event: WebhookEvent): Promise<string | null> {
  const { projectId, type, severity, data, happenedAt } = event;
  const inserted = await database
    .insertInto('webhookEvent')
    .values({
      ...{ projectId, type, severity, happenedAt, data: jsonText(data) },
      subject: storableText(event.subject),
      deduplicationKey: storableText(event.deduplicationKey),
      title: storableText(event.title).slice(0, TITLE_CHARACTERS_MAX),
    })
    .onConflict((conflict) => conflict.columns(['projectId', 'deduplicationKey']).doNothing())
    .returning('eventId')
    .executeTakeFirst();
  return inserted?.eventId ?? null;
}
