import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { backOffMs } from './back-off.ts';
import { pagerDutyBody } from './pager-duty-body.ts';
import { signWebhook } from './sign-webhook.ts';
import { slackBody } from './slack-body.ts';
import { jsonBody, type WebhookMessage } from './webhook-message.ts';

const MESSAGE: WebhookMessage = {
  eventId: '0a0b0c0d-0000-4000-8000-000000000001',
  projectId: 'acme',
  type: 'cluster.new',
  subject: 'cluster-1',
  severity: 'warning',
  title: 'Tool arguments <!channel> & *more*',
  data: { events: 3, sessions: 2, provider: 'openai', list: [1, 2] },
  happenedAt: new Date(Date.UTC(2026, 10, 20, 12)),
};

describe('the body of a webhook', () => {
  it('says in JSON what the API says', () => {
    expect(jsonBody(MESSAGE)).toEqual({ ...MESSAGE, happenedAt: '2026-11-20T12:00:00.000Z' });
  });

  it('lets no text of traffic mention people, link, or dress up in Slack', () => {
    const body = slackBody(MESSAGE) as { text: string; blocks: { fields?: unknown[] }[] };
    expect(body.text).toContain('&lt;!channel&gt; &amp; \u200b*more\u200b*');
    expect(JSON.stringify(body)).not.toContain('<!');
    expect(body.blocks[1]?.fields).toHaveLength(3);
  });

  it('opens an incident in PagerDuty, and closes that one', () => {
    const raised = pagerDutyBody({ ...MESSAGE, type: 'alarm.raised' }, 'key') as Record<string, unknown>;
    const cleared = pagerDutyBody({ ...MESSAGE, type: 'alarm.cleared' }, 'key') as Record<string, unknown>;
    expect(raised).toMatchObject({ routing_key: 'key', event_action: 'trigger', payload: { severity: 'warning' } });
    expect(cleared).toEqual({ routing_key: 'key', event_action: 'resolve', dedup_key: raised['dedup_key'] });
    expect(pagerDutyBody(MESSAGE, 'key')).not.toMatchObject({ dedup_key: raised['dedup_key'] });
  });
});

describe('the signature of a webhook', () => {
  const message = { id: 'msg_1', body: '{"test": 2432232314}', timestampSeconds: 1_614_265_330 };

  it('is the one of the Standard Webhooks specification', () => {
    const encoded = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const key = Buffer.from(encoded, 'base64');
    const expected = createHmac('sha256', key).update(`msg_1.1614265330.${message.body}`).digest('base64');
    expect(signWebhook(message, `whsec_${encoded}`)['webhook-signature']).toBe(`v1,${expected}`);
    // The example of the specification's own libraries.
    const example = { ...message, id: 'msg_p5jXN8AQM9LWM0D4loKWxJek' };
    expect(signWebhook(example, `whsec_${encoded}`)['webhook-signature']).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  it('changes with the body, the moment and the secret, and is absent without a secret', () => {
    const signatures = [
      signWebhook(message, 'a'),
      signWebhook(message, 'b'),
      signWebhook({ ...message, body: '{}' }, 'a'),
      signWebhook({ ...message, timestampSeconds: 1 }, 'a'),
    ].map((headers) => headers['webhook-signature']);
    expect(new Set(signatures).size).toBe(4);
    expect(signWebhook(message, undefined)).not.toHaveProperty('webhook-signature');
  });
});

describe('the wait before another attempt', () => {
  it('grows to an hour, is never longer, and ends after three days', () => {
    const waits = Array.from({ length: 12 }, (_, index) => backOffMs(index + 1, 0, 0));
    expect(waits.slice(0, 3)).toEqual([5_000, 15_000, 45_000]);
    expect(Math.max(...waits.map(Number))).toBe(3_600_000);
    expect(backOffMs(3, 0, 0.999)).toBeLessThan(45_000);
    expect(backOffMs(3, 0, 0.999)).toBeGreaterThanOrEqual(36_000);
    expect(backOffMs(40, 3 * 86_400_000, 0)).toBeNull();
  });
});
