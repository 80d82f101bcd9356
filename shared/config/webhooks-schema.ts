import * as z from 'zod';
import { webhookEventTypeSchema } from '../domain/webhook-event.ts';

const PAGER_DUTY_URL = 'https://events.pagerduty.com/v2/enqueue';

/** Somebody who is told of events as they happen. */
export const webhookSchema = z
  .strictObject({
    /** What it is called in the status and in the table of deliveries. */
    name: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'a name is of letters, digits, dots and dashes'),
    /** `slack` takes an incoming webhook's address; `pagerduty` has its own when there is none. */
    url: z.url({ protocol: /^https?$/, error: 'expected an address that starts with http:// or https://' }).optional(),
    format: z.enum(['json', 'slack', 'pagerduty']).default('json'),
    /** Signs what is sent, as the Standard Webhooks specification says; a reference to the environment. */
    secret: z.string().optional(),
    /** PagerDuty's integration key; a reference to the environment. */
    routingKey: z.string().optional(),
    /** Which events are sent; all when absent. */
    events: z.array(webhookEventTypeSchema).min(1).optional(),
    /** `private` allows an address that is not public. */
    network: z.enum(['public', 'private']).default('public'),
  })
  .superRefine((webhook, context) => {
    if (webhook.format === 'pagerduty' && webhook.routingKey === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['routingKey'],
        message: 'is missing: PagerDuty takes no event without it',
      });
    }
    if (webhook.format !== 'pagerduty' && webhook.url === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['url'],
        message: `a webhook of format ${webhook.format} needs a url`,
      });
    }
  })
  .transform((webhook) => ({ ...webhook, url: webhook.url ?? PAGER_DUTY_URL }));

export const webhooksSchema = z
  .array(webhookSchema)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'two webhooks have the same name');

export type WebhookConfig = z.output<typeof webhookSchema>;
