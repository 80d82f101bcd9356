import type { WebhookMessage } from './webhook-message.ts';

/** PagerDuty cuts at 1,024 characters; a key may have 255. */
const SUMMARY_CHARACTERS_MAX = 1_000;
const KEY_CHARACTERS_MAX = 255;

/** Events that end what another began: the incident is resolved by them. */
const ENDINGS: Readonly<Record<string, string>> = {
  'alarm.cleared': 'alarm.raised',
  'judge.recovered': 'judge.outage',
};

/** The message for PagerDuty's Events API v2. All events of one kind on one subject are one incident. */
export function pagerDutyBody(message: WebhookMessage, routingKey: string): unknown {
  const { type, subject, projectId, title, severity, happenedAt, data } = message;
  const opened = ENDINGS[type];
  const key = `trimtab:${projectId}:${opened ?? type}:${subject}`.slice(0, KEY_CHARACTERS_MAX);
  const address = { routing_key: routingKey, dedup_key: key };
  if (opened !== undefined) return { ...address, event_action: 'resolve' };
  return {
    ...address,
    event_action: 'trigger',
    payload: {
      summary: title.slice(0, SUMMARY_CHARACTERS_MAX),
      source: `trimtab/${projectId}`,
      severity,
      timestamp: happenedAt.toISOString(),
      component: subject,
      group: projectId,
      class: type,
      custom_details: data,
    },
  };
}
