import * as z from 'zod';

/** What people are told of as it happens. The part before the dot is what the event's subject is. */
export const webhookEventTypeSchema = z.enum([
  'cluster.new',
  'cluster.escalating',
  'cluster.regressed',
  'cluster.change_proposed',
  'alarm.raised',
  'alarm.cleared',
  'policy.rolled_back',
  'policy.stale',
  'rollout.promoted',
  'rollout.rolled_back',
  'rollout.inconclusive',
  'judge.outage',
  'judge.recovered',
]);

export const webhookSeveritySchema = z.enum(['critical', 'warning', 'info']);

/** An event as it is written down, in the transaction that makes it true. */
export const webhookEventSchema = z.object({
  projectId: z.string(),
  type: webhookEventTypeSchema,
  /** Id of what it is about: a cluster, rollout, alarm, policy or judge. */
  subject: z.string(),
  /** The same key twice is one event; so a change that is found twice, or by two optimizers, is told once. */
  deduplicationKey: z.string(),
  severity: webhookSeveritySchema,
  /** One line for people. */
  title: z.string(),
  /** Facts and numbers; no text of the traffic beyond what the title of a cluster has. */
  data: z.record(z.string(), z.unknown()),
  happenedAt: z.date(),
});

export type WebhookEvent = z.infer<typeof webhookEventSchema>;
export type WebhookEventType = z.infer<typeof webhookEventTypeSchema>;
