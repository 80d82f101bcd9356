import { sql } from 'kysely';
import { uuidV7 } from '../domain/call-id.ts';
import type { WebhookEventType } from '../domain/webhook-event.ts';
import type { Database } from './connect.ts';

/** A gateway that is up and routes by an epoch that is not the pointer's. */
export interface StaleGateway {
  readonly gatewayId: string;
  readonly epoch: number | null;
  readonly lastError: string | null;
}

export interface JudgeTally {
  readonly model: string;
  readonly answered: number;
  readonly errors: number;
}

/** How far back calls are looked for whose verdicts are recent: sessions are judged when they end. */
const CALLS_BACK_MS = 6 * 3_600_000;
const LOWEST_TAIL = new Uint8Array(10);

/**
 * Gateways that were heard of lately and still serve an earlier epoch, when the pointer has not moved for a while.
 * A gateway that is down is not stale: it serves nobody.
 */
export async function readStaleGateways(
  database: Database,
  projectId: string,
  limits: { readonly seenWithinMs: number; readonly movedBeforeMs: number },
): Promise<{ readonly epoch: number; readonly gateways: readonly StaleGateway[] }> {
  const { rows } = await sql<StaleGateway & { pointer: number }>`
    SELECT pointer.epoch AS pointer, gateway_id AS "gatewayId", status.epoch, last_error AS "lastError"
    FROM policy_pointer pointer JOIN gateway_status status ON status.project_id = pointer.project_id
    WHERE pointer.project_id = ${projectId} AND status.epoch IS DISTINCT FROM pointer.epoch
      AND status.seen_at > clock_timestamp() - make_interval(secs => ${limits.seenWithinMs / 1_000})
      AND pointer.updated_at < clock_timestamp() - make_interval(secs => ${limits.movedBeforeMs / 1_000})
    ORDER BY gateway_id`.execute(database);
  const gateways = rows.map(({ gatewayId, epoch, lastError }) => ({ gatewayId, epoch, lastError }));
  return { epoch: rows[0]?.pointer ?? 0, gateways };
}

/** What judges did with what they were asked within a time, by model. */
export async function readJudgeTallies(
  database: Database,
  projectId: string,
  window: { readonly nowMs: number; readonly withinMs: number },
): Promise<readonly JudgeTally[]> {
  const firstCall = uuidV7(window.nowMs - CALLS_BACK_MS, LOWEST_TAIL);
  const { rows } = await sql<JudgeTally>`
    SELECT judge ->> 'model' AS model, count(*) FILTER (WHERE status <> 'judge_error') AS answered,
      count(*) FILTER (WHERE status = 'judge_error') AS errors
    FROM score WHERE project_id = ${projectId} AND call_id >= ${firstCall}::uuid AND judge IS NOT NULL
      AND created_at > clock_timestamp() - make_interval(secs => ${window.withinMs / 1_000})
    GROUP BY 1 ORDER BY 1`.execute(database);
  return rows;
}

/** The type of the last event of some types about a subject, or null. */
export async function readLastEvent(
  database: Database,
  projectId: string,
  subject: string,
  types: readonly WebhookEventType[],
): Promise<string | null> {
  const row = await database
    .selectFrom('webhookEvent')
    .select('type')
    .where('projectId', '=', projectId)
    .where('subject', '=', subject)
    .where('type', 'in', types)
    .orderBy('happenedAt', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.type ?? null;
}
