import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { configSchema } from '#shared/config/config-schema.ts';
import { SCORE_QUEUE, scoreJobId } from '#shared/queue/names.ts';
import { createQueueBackend, type QueueBackend } from '#shared/queue/queue-backend.ts';
import { type FakeJudge, startFakeJudge } from '#shared/testing/fake-judge.ts';
import { scoreCall } from './score-call.ts';
import { createEvaluatorService } from './service.ts';
import {
  agentSession,
  type EvaluatorFixture,
  MERGED,
  openEvaluatorFixture,
  readRows,
} from './testing/evaluator-fixture.ts';

const CHILD = fileURLToPath(new URL('./testing/evaluator-child.ts', import.meta.url));
const WAIT = { timeout: 30_000, interval: 50 };

let fixture: EvaluatorFixture;
let backend: QueueBackend;
const log = pino({ level: 'silent' });
beforeAll(async () => {
  fixture = await openEvaluatorFixture();
  backend = createQueueBackend({ log }, { databaseUrl: fixture.connectionString });
});
afterAll(async () => {
  await backend.close(2_000);
  await fixture.close();
});

async function enqueue(callIds: readonly string[], pass: 'call' | 'outcome' = 'call'): Promise<void> {
  await backend
    .openQueue(SCORE_QUEUE)
    .addBulk(
      callIds.map((callId) => ({ id: scoreJobId(callId, pass), data: { v: 1, projectId: 'default', callId, pass } })),
    );
}

describe('the evaluator', () => {
  let judge: FakeJudge;
  beforeAll(async () => {
    judge = await startFakeJudge();
  });
  afterAll(() => judge.close());

  it('takes a call from its job to the closed session with a judged quality, and shows it in its endpoints', async () => {
    const config = configSchema.parse({
      providers: { local: { format: 'openai-chat', baseUrl: judge.baseUrl, network: 'private' } },
      governance: { session: { idle: '1s' } },
      judges: [{ provider: 'local', model: 'judge-1' }],
    });
    const service = createEvaluatorService({
      config,
      database: fixture.deps.database,
      backend,
      log,
      send: () => Promise.reject(new Error('nothing is replayed here')),
      host: '127.0.0.1',
      port: 0,
    });
    const { port } = await service.start();
    try {
      const records = agentSession('whole way', [{ calls: [{}], results: ['const a = 1;'] }, { text: 'A constant.' }]);
      await fixture.calls.store(records);
      await enqueue(records.map((record) => record.call.callId));
      const closed = await vi.waitFor(async () => {
        const session = await fixture.owner
          .selectFrom('session')
          .selectAll()
          .where('sessionId', '=', 'whole way')
          .executeTakeFirstOrThrow();
        expect(session.closedAt).not.toBeNull();
        return session;
      }, WAIT);
      expect(closed.quality).toBe(1);
      expect(judge.requests.map((request) => request.schemaName)).toContain('record_task_completion');

      const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
      expect(await ready.json()).toEqual({ status: 'ready', checks: { database: true, queue: true } });
      // What a job did is counted after it is stored.
      await vi.waitFor(async () => {
        const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        expect(metrics).toMatch(/trimtab_evaluator_calls_scored_total\{pass="call"\} 2/);
        expect(metrics).toMatch(/trimtab_evaluator_sessions_closed_total\{quality="known"\} 1/);
      }, WAIT);
    } finally {
      await service.stop(5_000);
    }
  });

  it('buries a job that can never succeed, and goes on with the others', async () => {
    const service = createEvaluatorService({
      config: configSchema.parse({ governance: { session: { idle: '1d' } } }),
      database: fixture.deps.database,
      backend,
      log,
      send: () => Promise.reject(new Error('nothing is replayed here')),
      host: '127.0.0.1',
      port: 0,
    });
    await service.start();
    try {
      const missing = '019b0000-0000-7000-8000-000000000001';
      const [record] = agentSession('after the poison', [{ calls: [{}] }]);
      await fixture.calls.store([record!]);
      await enqueue([missing, record!.call.callId]);
      await vi.waitFor(async () => {
        const letters = await fixture.owner.selectFrom('deadLetter').selectAll().execute();
        expect(letters).toMatchObject([{ callId: missing, queue: SCORE_QUEUE, projectId: 'default' }]);
        const runs = await fixture.owner.selectFrom('scoringRun').select('callId').execute();
        expect(runs.map((run) => run.callId)).toContain(record!.call.callId);
      }, WAIT);
    } finally {
      await service.stop(5_000);
    }
  });
});

describe('an evaluator that is killed in the middle of its jobs', () => {
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  async function startChild(): Promise<ChildProcess> {
    const child = spawn(process.execPath, [CHILD, fixture.connectionString], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await once(child.stdout!, 'data');
    return child;
  }

  it('leaves no row twice and none out: another one repeats its jobs', async () => {
    const records = Array.from({ length: 12 }, (_, index) =>
      agentSession(`killed ${index}`, [
        index % 2 === 0 ? { calls: [{}] } : { calls: [{ input: MERGED }], raw: [MERGED] },
      ]),
    ).flat();
    await fixture.calls.store(records);
    const callIds = records.map((record) => record.call.callId);

    // Writers of scores wait for this lock, so that the kill meets transactions that are half done.
    const holder = new pg.Client({ connectionString: fixture.connectionString });
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE score IN EXCLUSIVE MODE');
    const victim = await startChild();
    await enqueue(callIds);
    await vi.waitFor(async () => {
      const { rows } = await sql<{ waiting: number }>`
        SELECT count(*) AS waiting FROM pg_stat_activity
        WHERE application_name = 'trimtab-evaluator' AND wait_event_type = 'Lock' AND datname = current_database()`.execute(
        fixture.owner,
      );
      expect(rows[0]?.waiting).toBeGreaterThan(0);
    }, WAIT);
    victim.kill('SIGKILL');
    await once(victim, 'exit');
    // A statement that the server has is done to its end, whoever asked for it; here the machine of both goes.
    await sql`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'trimtab-evaluator' AND wait_event_type = 'Lock' AND datname = current_database()`.execute(
      fixture.owner,
    );
    await holder.query('ROLLBACK');
    await holder.end();
    const untouched = await fixture.owner.selectFrom('scoringRun').selectAll().where('callId', 'in', callIds).execute();
    expect(untouched).toEqual([]);

    const second = await startChild();
    await vi.waitFor(async () => {
      const runs = await fixture.owner
        .selectFrom('scoringRun')
        .select('callId')
        .where('callId', 'in', callIds)
        .execute();
      expect(runs).toHaveLength(callIds.length);
    }, WAIT);
    second.kill('SIGKILL');
    await once(second, 'exit');

    const found = await readRows(fixture.owner);
    for (const callId of callIds) await scoreCall(fixture.deps, { projectId: 'default', callId, pass: 'call' });
    expect(await readRows(fixture.owner)).toEqual(found);
    const failures = found.scores.filter((score) => score.scorer === 'parallel_collapsed');
    expect(failures).toHaveLength(6);
  });
});
