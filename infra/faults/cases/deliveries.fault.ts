import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createQueueBackend, type QueueBackend } from '#shared/queue/queue-backend.ts';
import { readRows } from '../../../services/evaluator/testing/evaluator-fixture.ts';
import { createSeededRandom } from '../../arena/seeded-random.ts';
import { waitUntilSettled } from '../../testing/answered-calls.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { auditSystem, runUnderLoad, untilAnswered } from '../testing/run-under-load.ts';
import { seedOfRun } from '../testing/seed.ts';

const SEED = seedOfRun();
const CALLS = 60;
/** Of one job, beside the first. */
const COPIES_MIN = 1;
const COPIES_MAX = 4;
const DRAINED_MS = 60_000;

describe.each(BACKENDS)('jobs that are delivered again and again on %s', (backend) => {
  let target: FaultSystem;
  let queues: QueueBackend;

  beforeAll(async () => {
    target = await startFaultSystem({ backend, seed: SEED });
    const { system, redis } = target;
    const databaseUrl = system.environment['DATABASE_URL'] ?? '';
    const log = { warn() {}, error() {}, info() {}, debug() {} };
    queues = createQueueBackend({ log }, { databaseUrl, redisUrl: redis?.server.url });
  });
  afterAll(async () => {
    await queues?.close();
    await target?.stop();
  });

  it('leave the rows of one delivery', async (context) => {
    const { database } = target.system;
    const random = createSeededRandom(SEED).uniform;
    const run = await runUnderLoad(target, (calls) => untilAnswered(calls, CALLS));
    expect(await waitUntilSettled(database, run.calls)).toBe(true);
    const before = await readRows(database);
    const queue = queues.openQueue('trimtab-score');
    const calls = await database.selectFrom('call').select('callId').execute();
    const copies = calls.flatMap(({ callId }) =>
      (['call', 'outcome'] as const).flatMap((pass) => {
        const count = COPIES_MIN + Math.floor(random() * (COPIES_MAX - COPIES_MIN + 1));
        const data = { v: 1 as const, projectId: 'default', callId, pass };
        return Array.from({ length: count }, (_, copy) => ({ id: `${callId}-${pass}-again-${copy}`, data }));
      }),
    );
    await queue.addBulk(copies.sort(() => random() - 0.5));
    const isDrained = async () => {
      const { waiting, active, delayed } = await queue.counts();
      return waiting + active + delayed;
    };
    await expect.poll(isDrained, { timeout: DRAINED_MS, interval: 100 }).toBe(0);
    const { failed } = await queue.counts();
    const violations = await auditSystem(target, run.calls, { run });
    recordFault(context, {
      ...{ row: 'deliveries', backend, seed: SEED },
      figures: [
        ...lossFigures(violations, run.calls.length),
        { id: 'repeated_deliveries', value: copies.length, op: '>=', bar: 2 * calls.length, n: calls.length },
        { id: 'failed_jobs', value: failed, op: '<=', bar: 0, n: copies.length },
      ],
    });
    expect(violations).toEqual([]);
    expect(await readRows(database)).toEqual(before);
  });
});
