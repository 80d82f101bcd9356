import type { WebhookConfig } from '#shared/config/webhooks-schema.ts';
import type { Database } from '#shared/database/connect.ts';
import {
  claimDeliveries,
  type DeliveryOutcome,
  type DueDelivery,
  dropOldEvents,
  fanOutEvents,
  finishAttempt,
} from '#shared/database/webhooks/webhook-outbox.ts';
import type { GuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import { backOffMs } from './back-off.ts';
import { pagerDutyBody } from './pager-duty-body.ts';
import { signWebhook } from './sign-webhook.ts';
import { slackBody } from './slack-body.ts';
import { jsonBody, type WebhookMessage } from './webhook-message.ts';

export interface WebhookSenderDeps {
  readonly database: Database;
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly fetchFor: (network: WebhookConfig['network']) => GuardedFetch;
}

export interface WebhookSenderOptions {
  readonly projectId: string;
  readonly webhooks: readonly WebhookConfig[];
}

/** What one look came to. */
export interface WebhookReport {
  readonly delivered: number;
  /** Refused or unreachable, and tried again later. */
  readonly delayed: number;
  readonly failed: number;
}

const TIMEOUT_MS = 10_000;
/** Longer than an attempt can take; after it another sender takes the delivery of one that died. */
const LEASE_MS = 60_000;
const DELIVERIES_MAX = 20;
const KEPT_MS = 30 * 86_400_000;
/** The receiver says that it is gone for good. */
const GONE = 410;

/**
 * Tells receivers of events, at least once each. All state is in the database: a sender may die at any moment, and
 * several may run.
 */
export function createWebhookSender(
  deps: WebhookSenderDeps,
  options: WebhookSenderOptions,
): { run(): Promise<WebhookReport> } {
  const { database, now } = deps;
  const { projectId, webhooks } = options;
  const named = new Map(webhooks.map((webhook) => [webhook.name, webhook]));
  const webhooksFor = (type: string): readonly string[] =>
    webhooks
      .filter(({ events }) => events === undefined || events.some((event) => event === type))
      .map(({ name }) => name);

  const deliver = async (delivery: DueDelivery): Promise<DeliveryOutcome['status']> => {
    const webhook = named.get(delivery.webhook);
    const attempt: Attempt =
      webhook === undefined
        ? {
            isDone: false,
            isFinal: false,
            answerStatus: null,
            problem: 'the webhook is not in the configuration any more',
          }
        : await send(deps, webhook, { ...delivery, projectId });
    const outcome = outcomeOf(attempt, delivery, { nowMs: now(), random: deps.random() });
    await finishAttempt(database, delivery.deliveryId, outcome, new Date(now()));
    return outcome.status;
  };

  return {
    async run() {
      const moment = new Date(now());
      await fanOutEvents(database, projectId, { now: moment, webhooksFor });
      await dropOldEvents(database, projectId, new Date(moment.getTime() - KEPT_MS));
      const due = await claimDeliveries(database, projectId, { now: moment, leaseMs: LEASE_MS, limit: DELIVERIES_MAX });
      const statuses = await Promise.all(due.map(deliver));
      const count = (status: DeliveryOutcome['status']) => statuses.filter((each) => each === status).length;
      return { delivered: count('delivered'), delayed: count('pending'), failed: count('failed') };
    },
  };
}

interface Attempt {
  readonly isDone: boolean;
  /** True when no further attempt can succeed. */
  readonly isFinal: boolean;
  readonly answerStatus: number | null;
  readonly problem: string | null;
}

async function send(deps: WebhookSenderDeps, webhook: WebhookConfig, message: WebhookMessage): Promise<Attempt> {
  const body = JSON.stringify(bodyFor(webhook, message));
  const timestampSeconds = Math.floor(deps.now() / 1_000);
  const signed = signWebhook({ id: message.eventId, body, timestampSeconds }, webhook.secret);
  try {
    const response = await deps.fetchFor(webhook.network)(webhook.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'trimtab', ...signed },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    const { ok: isDone, status: answerStatus } = response;
    return {
      isDone,
      isFinal: answerStatus === GONE,
      answerStatus,
      problem: isDone ? null : `it answered ${answerStatus}`,
    };
  } catch (error) {
    // The message of the cause may name the address, which is a secret where it is all that a receiver asks for.
    const isLate = error instanceof Error && error.name === 'TimeoutError';
    const problem = isLate ? `no answer within ${TIMEOUT_MS} ms` : 'it cannot be reached';
    return { isDone: false, isFinal: false, answerStatus: null, problem };
  }
}

function bodyFor(webhook: WebhookConfig, message: WebhookMessage): unknown {
  switch (webhook.format) {
    case 'json':
      return jsonBody(message);
    case 'slack':
      return slackBody(message);
    case 'pagerduty':
      return pagerDutyBody(message, webhook.routingKey ?? '');
    default:
      return webhook.format satisfies never;
  }
}

function outcomeOf(
  { isDone, isFinal, answerStatus, problem }: Attempt,
  delivery: DueDelivery,
  { nowMs, random }: { readonly nowMs: number; readonly random: number },
): DeliveryOutcome {
  if (isDone) return { status: 'delivered', answerStatus, problem: null };
  const waitMs = isFinal ? null : backOffMs(delivery.attempts, nowMs - delivery.createdAt.getTime(), random);
  if (waitMs === null) return { status: 'failed', answerStatus, problem };
  return { status: 'pending', answerStatus, problem, again: new Date(nowMs + waitMs) };
}
