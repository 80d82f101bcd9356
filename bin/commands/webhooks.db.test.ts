import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enqueueWebhook } from '#shared/database/webhooks/enqueue-webhook.ts';
import { claimDeliveries, fanOutEvents, finishAttempt } from '#shared/database/webhooks/webhook-outbox.ts';
import { type CommandFixture, createCommandFixture } from './testing/command-fixture.ts';

let fixture: CommandFixture;
beforeAll(async () => {
  fixture = await createCommandFixture();
  await fixture.run(['migrate']);
});
afterAll(() => fixture.close());

describe('trimtab webhooks', () => {
  it('lists what could not be told, and has it told again', async () => {
    const { database } = fixture;
    expect((await fixture.run(['webhooks', 'list'])).stdout).toContain('No deliveries');
    await database
      .insertInto('project')
      .values({ projectId: 'default', blockKey: Buffer.alloc(32) })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const now = new Date();
    await enqueueWebhook(database, {
      ...{ projectId: 'default', type: 'alarm.raised', subject: 'a', deduplicationKey: 'a', severity: 'critical' },
      ...{ title: 'It dropped \u001b[31m', data: {}, happenedAt: now },
    });
    await fanOutEvents(database, 'default', { now, webhooksFor: () => ['pager'] });
    const [due] = await claimDeliveries(database, 'default', { now, leaseMs: 1_000, limit: 5 });
    const outcome = { status: 'failed', answerStatus: 410, problem: 'it answered 410' } as const;
    await finishAttempt(database, due!.deliveryId, outcome, now);
    const { stdout } = await fixture.run(['webhooks', 'list', '--status', 'failed']);
    expect(stdout).toMatch(/pager +alarm\.raised +It dropped \uFFFD\[31m +failed +1 +it answered 410/);
    expect((await fixture.run(['webhooks', 'retry', '--json'])).json()).toEqual({ retried: 1 });
    const again = await claimDeliveries(database, 'default', { now: new Date(), leaseMs: 1_000, limit: 5 });
    expect(again.map(({ webhook }) => webhook)).toEqual(['pager']);
  });
});
