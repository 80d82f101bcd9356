import type { DueDelivery } from '#shared/database/webhooks/webhook-outbox.ts';

/** An event as its receivers are told of it. */
export type WebhookMessage = Pick<
  DueDelivery,
  'eventId' | 'type' | 'subject' | 'severity' | 'title' | 'data' | 'happenedAt'
> & { readonly projectId: string };

/** The message as JSON of our own shape, whose fields are named as in the API. */
export function jsonBody(message: WebhookMessage): unknown {
  const { eventId, type, projectId, subject, severity, title, data, happenedAt } = message;
  return { eventId, type, projectId, subject, severity, title, happenedAt: happenedAt.toISOString(), data };
}
