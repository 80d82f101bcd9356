import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type WebhookConfig, webhookSchema } from '#shared/config/webhooks-schema.ts';
import { enqueueWebhook } from '#shared/database/webhooks/enqueue-webhook.ts';
import { claimDeliveries, fanOutEvents } from '#shared/database/webhooks/webhook-outbox.ts';
import type { WebhookEvent } from '#shared/domain/webhook-event.ts';
import { seedProject } from '#shared/testing/optimizer-fixture.ts';
import { createGuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import { openOptimizerStore } from '../testing/optimizer-store.ts';
import { signWebhook } from './sign-webhook.ts';
import { createWebhookSender } from './webhook-sender.ts';

const PROJECT = 'webhooks';
const { owner, optimizer: database } = await openOptimizerStore();
let receiver: Server;
let url: string;
let answer = 204;
let nowMs = Date.now();
let received: { headers: IncomingHttpHeaders; body: string }[] = [];

beforeAll(async () => {
  await seedProject(owner, PROJECT);
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(answer).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});
afterAll(async () => {
  receiver.close();
});
beforeEach(async () => {
  received = [];
  answer = 204;
  nowMs = Date.now() + 1_000;
  await owner.deleteFrom('webhookEvent').execute();
});

const hook = (more: Record<string, unknown> = {}): WebhookConfig =>
  webhookSchema.parse({ name: 'pager', url, network: 'private', secret: 'shared', ...more });
const senderOf = (webhooks: readonly WebhookConfig[]) =>
  createWebhookSender(
    { database, now: () => nowMs, random: () => 0, fetchFor: createGuardedFetch },
    { projectId: PROJECT, webhooks },
  );
const event = (key: string, more: Partial<WebhookEvent> = {}): WebhookEvent => ({
  ...{ projectId: PROJECT, type: 'cluster.new', subject: 'c1', deduplicationKey: key, severity: 'warning' },
  ...{ title: 'A new failure', data: { events: 3 }, happenedAt: new Date(nowMs) },
  ...more,
});

describe('a webhook', () => {
  it('is sent once, signed, however often its event is found', async () => {
    expect(await enqueueWebhook(database, event('a'))).not.toBeNull();
    expect(await enqueueWebhook(database, event('a'))).toBeNull();
    const reports = await Promise.all([senderOf([hook()]).run(), senderOf([hook()]).run()]);
    expect(reports.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(1);
    expect(await senderOf([hook()]).run()).toEqual({ delivered: 0, delayed: 0, failed: 0 });
    expect(received).toHaveLength(1);
    const [{ headers, body }] = received as [(typeof received)[number]];
    expect(JSON.parse(body)).toMatchObject({ type: 'cluster.new', title: 'A new failure', data: { events: 3 } });
    const signed = signWebhook(
      { id: String(headers['webhook-id']), body, timestampSeconds: Number(headers['webhook-timestamp']) },
      'shared',
    );
    expect(headers['webhook-signature']).toBe(signed['webhook-signature']);
  });

  it('is not sent when the transaction of its event is rolled back', async () => {
    const failing = database.transaction().execute(async (transaction) => {
      await enqueueWebhook(transaction, event('rolled back'));
      throw new Error('the change did not happen');
    });
    await expect(failing).rejects.toThrow('did not happen');
    await senderOf([hook()]).run();
    expect(received).toEqual([]);
  });

  it('is tried again with longer waits under the same id, until the receiver takes it', async () => {
    await enqueueWebhook(database, event('b'));
    answer = 503;
    expect(await senderOf([hook()]).run()).toEqual({ delivered: 0, delayed: 1, failed: 0 });
    expect(await senderOf([hook()]).run()).toEqual({ delivered: 0, delayed: 0, failed: 0 });
    nowMs += 5_000;
    expect((await senderOf([hook()]).run()).delayed).toBe(1);
    nowMs += 5_000;
    expect((await senderOf([hook()]).run()).delayed).toBe(0);
    answer = 200;
    nowMs += 10_000;
    expect((await senderOf([hook()]).run()).delivered).toBe(1);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(received).toHaveLength(3);
  });

  it('is sent by another sender when one dies with it', async () => {
    await enqueueWebhook(database, event('c'));
    await fanOutEvents(database, PROJECT, { now: new Date(nowMs), webhooksFor: () => ['pager'] });
    const claim = { now: new Date(nowMs), leaseMs: 60_000, limit: 10 };
    expect(await claimDeliveries(database, PROJECT, claim)).toHaveLength(1);
    expect((await senderOf([hook()]).run()).delivered).toBe(0);
    nowMs += 60_000;
    expect((await senderOf([hook()]).run()).delivered).toBe(1);
  });

  it('is given up when its receiver is gone, or when three days are over', async () => {
    await enqueueWebhook(database, event('d'));
    answer = 410;
    expect((await senderOf([hook()]).run()).failed).toBe(1);
    await enqueueWebhook(database, event('e'));
    answer = 500;
    await senderOf([hook()]).run();
    nowMs += 3 * 86_400_000;
    expect((await senderOf([hook()]).run()).failed).toBe(1);
  });

  it('waits for three days for one that is taken out of the configuration', async () => {
    await enqueueWebhook(database, event('f'));
    answer = 500;
    await senderOf([hook()]).run();
    nowMs += 3_600_000;
    expect((await senderOf([]).run()).delayed).toBe(1);
  });

  it('goes to those who asked for its kind', async () => {
    await enqueueWebhook(database, event('g'));
    await enqueueWebhook(database, event('h', { type: 'rollout.rolled_back', subject: 'r1' }));
    const hooks = [hook({ events: ['rollout.rolled_back'] }), hook({ name: 'all', format: 'slack' })];
    expect((await senderOf(hooks).run()).delivered).toBe(3);
    expect(received.filter(({ body }) => body.includes('"blocks"'))).toHaveLength(2);
    expect(received.filter(({ body }) => body.includes('"type":"cluster.new"'))).toHaveLength(0);
  });

  it('cannot be led to an address that is not public', async () => {
    await enqueueWebhook(database, event('i'));
    expect((await senderOf([hook({ network: 'public' })]).run()).delayed).toBe(1);
    expect(received).toEqual([]);
  });
});
