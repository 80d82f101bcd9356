import type { Database } from '#shared/database/connect.ts';
import { readJudgeTallies, readLastEvent, readStaleGateways } from '#shared/database/health-store.ts';
import { enqueueWebhook } from '#shared/database/webhooks/enqueue-webhook.ts';

export interface WatchHealthDeps {
  readonly database: Database;
  readonly now: () => number;
}

/** Gateways poll every 5 s; one that is behind for this long cannot read, or refuses what it reads. */
const STALE_AFTER_MS = 60_000;
const SEEN_WITHIN_MS = 5 * 60_000;
const JUDGED_WITHIN_MS = 15 * 60_000;
/** Fewer failures in a row are retried, and mean nothing. */
const ERRORS_MIN = 5;

/** Tells people of gateways that do not take the policy over, and of judges that do not answer, once each. */
export async function watchHealth(deps: WatchHealthDeps, projectId: string): Promise<void> {
  await watchGateways(deps, projectId);
  await watchJudges(deps, projectId);
}

async function watchGateways({ database, now }: WatchHealthDeps, projectId: string): Promise<void> {
  const limits = { seenWithinMs: SEEN_WITHIN_MS, movedBeforeMs: STALE_AFTER_MS };
  const { epoch, gateways } = await readStaleGateways(database, projectId, limits);
  for (const { gatewayId, epoch: held, lastError } of gateways) {
    await enqueueWebhook(database, {
      ...{ projectId, type: 'policy.stale', subject: gatewayId, severity: 'warning', happenedAt: new Date(now()) },
      deduplicationKey: `policy.stale:${gatewayId}:${epoch}`,
      title: `Gateway ${gatewayId} serves epoch ${held ?? 'none'} and not ${epoch}`,
      data: { gatewayId, held, epoch, lastError },
    });
  }
}

async function watchJudges({ database, now }: WatchHealthDeps, projectId: string): Promise<void> {
  const nowMs = now();
  for (const tally of await readJudgeTallies(database, projectId, { nowMs, withinMs: JUDGED_WITHIN_MS })) {
    const { model, answered, errors } = tally;
    const last = await readLastEvent(database, projectId, model, ['judge.outage', 'judge.recovered']);
    const isOut = answered === 0 && errors >= ERRORS_MIN;
    const type = isOut ? 'judge.outage' : 'judge.recovered';
    if (isOut ? last === 'judge.outage' : last !== 'judge.outage' || answered === 0) continue;
    await enqueueWebhook(database, {
      ...{ projectId, type, subject: model, severity: isOut ? 'critical' : 'info', happenedAt: new Date(nowMs) },
      deduplicationKey: `${type}:${model}:${nowMs}`,
      title: isOut ? `Judge ${model} answers nothing: ${errors} errors in 15 minutes` : `Judge ${model} answers again`,
      data: { ...tally },
    });
  }
}
