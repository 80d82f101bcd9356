import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { Registry } from 'prom-client';
import type { Database } from '#shared/database/connect.ts';
import { uuidV7 } from '#shared/domain/call-id.ts';
import type { OfferedCall } from '#shared/domain/offered-call.ts';
import type { Log } from '#shared/log.ts';
import { createQueueBackend } from '#shared/queue/queue-backend.ts';
import type { SpoolThread } from '#shared/spool/spool-thread.ts';
import { createEvaluatorMetrics } from '../../services/evaluator/evaluator-metrics.ts';
import { openWorkers } from '../../services/evaluator/worker.ts';
import { type EventFigure, figureOf, known } from './event-figure.ts';
import type { EventSessions } from './event-sessions.ts';

export interface FairnessDeps {
  readonly databaseUrl: string;
  readonly database: Database;
  readonly spool: SpoolThread;
  readonly sessions: EventSessions;
  readonly log: Log;
}

/** Keys beside the one that changes, and what each of them sends a second. */
const OTHER_KEYS = 10;
const USUAL_PER_SECOND = 4;
const BUSY_FACTOR = 50;
const REQUEST_BYTES = 4_000;
const RATIO_MAX = 2;
const SETTLE_DEADLINE_MS = 300_000;
const POLL_MS = 50;

/**
 * What one key at fifty times its usual rate does to the others: the 95th percentile of the time from a call's row, which
 * is when its job is added, to its score, beside the same before. With the evaluator's own workers, in this process.
 */
export async function fairnessFigures(
  deps: FairnessDeps,
  options: { readonly isQuick: boolean },
): Promise<readonly EventFigure[]> {
  const { databaseUrl, database, log } = deps;
  const backend = createQueueBackend({ log }, { databaseUrl });
  const workers = openWorkers(
    {
      ...{ database, log, metrics: createEvaluatorMetrics(new Registry()), now: Date.now, panel: null },
      nonce: () => randomBytes(12).toString('hex'),
      sessions: { idleMs: 600_000, openMaxMs: 3_600_000 },
      models: new Map(),
      send: () => Promise.reject(new Error('nothing is replayed here')),
    },
    backend,
  );
  try {
    const seconds = options.isQuick ? 10 : 30;
    await play(deps, { seconds: seconds / 2, busyFactor: 1 });
    const before = await play(deps, { seconds, busyFactor: 1 });
    const busy = await play(deps, { seconds, busyFactor: BUSY_FACTOR });
    const ratio = busy.othersP95Ms / before.othersP95Ms;
    return [
      known('fair.others_before_p95_ms', before.othersP95Ms, busy.calls),
      known('fair.others_p95_ms', busy.othersP95Ms, busy.calls),
      known('fair.busy_p95_ms', busy.busyP95Ms, busy.calls),
      figureOf({ id: 'fair.p95_ratio', value: ratio, op: '<=', bar: RATIO_MAX, n: busy.calls }),
    ];
  } finally {
    await Promise.all(workers.map((worker) => worker.close(10_000)));
    await backend.close();
  }
}

interface Played {
  readonly calls: number;
  readonly othersP95Ms: number;
  readonly busyP95Ms: number;
}

/** Every key sends at its rate for a while; then everything is scored to the last call. */
async function play(
  { database, spool, sessions }: FairnessDeps,
  { seconds, busyFactor }: { readonly seconds: number; readonly busyFactor: number },
): Promise<Played> {
  const busyKey = randomUUID();
  const others = Array.from({ length: OTHER_KEYS }, () => randomUUID());
  const template = sessions.fresh(REQUEST_BYTES);
  const offer = (keyId: string) => {
    const call = callOf(template, keyId);
    spool.begin(call.call.callId);
    spool.offer(call);
  };
  const startedAt = performance.now();
  let rounds = 0;
  while (rounds < seconds * USUAL_PER_SECOND) {
    const due = ((performance.now() - startedAt) / 1_000) * USUAL_PER_SECOND;
    if (rounds >= due) {
      await delay(1);
      continue;
    }
    rounds += 1;
    // The busy one first: whoever comes behind it in time is to suffer as much as can be.
    for (let call = 0; call < busyFactor; call += 1) offer(busyKey);
    for (const keyId of others) offer(keyId);
  }
  const calls = rounds * (busyFactor + OTHER_KEYS);
  await whenScored(database, [busyKey, ...others], calls);
  return { calls, othersP95Ms: await p95Of(database, others), busyP95Ms: await p95Of(database, [busyKey]) };
}

function callOf(template: OfferedCall, keyId: string): OfferedCall {
  const startedAt = Date.now();
  const callId = uuidV7(startedAt, randomBytes(10));
  return { ...template, call: { ...template.call, callId, startedAt, keyId, sessionId: `${keyId} ${callId}` } };
}

async function whenScored(database: Database, keys: readonly string[], calls: number): Promise<void> {
  const deadline = performance.now() + SETTLE_DEADLINE_MS;
  for (;;) {
    const { rows } = await sql<{ scored: number }>`
      SELECT count(*) AS scored FROM call JOIN scoring_run run USING (call_id, project_id)
      WHERE run.pass = 'call' AND call.key_id = ANY(${[...keys]}::uuid[])`.execute(database);
    if ((rows[0]?.scored ?? 0) >= calls) return;
    if (performance.now() > deadline) throw new Error('the calls were not scored in time');
    await delay(POLL_MS);
  }
}

async function p95Of(database: Database, keys: readonly string[]): Promise<number> {
  const { rows } = await sql<{ p95: number }>`
    SELECT percentile_cont(0.95) WITHIN GROUP (
      ORDER BY extract(epoch FROM run.scored_at - call.stored_at) * 1000)::float8 AS p95
    FROM call JOIN scoring_run run USING (call_id, project_id)
    WHERE run.pass = 'call' AND call.key_id = ANY(${[...keys]}::uuid[])`.execute(database);
  return rows[0]?.p95 ?? Number.NaN;
}
