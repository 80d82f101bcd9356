import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readConservation } from '#shared/database/conservation.ts';
import { hasDeadLetter, recordDeadLetter } from '#shared/database/dead-letter-store.ts';
import { createLog } from '#shared/log.ts';
import { SCORE_QUEUE, scoreJobId } from '#shared/queue/names.ts';
import { createQueueBackend, type QueueBackend } from '#shared/queue/queue-backend.ts';
import { eventually } from '../../infra/testing/eventually.ts';
import { type CommandFixture, createCommandFixture } from './testing/command-fixture.ts';

const CALL_ID = '019a0000-0000-7000-8000-000000000001';
const JOB_ID = scoreJobId(CALL_ID, 'call');
const PAYLOAD = { v: 1, projectId: 'default', callId: CALL_ID, pass: 'call' } as const;

let fixture: CommandFixture;
let backend: QueueBackend;
beforeAll(async () => {
  fixture = await createCommandFixture();
  await fixture.run(['migrate']);
  backend = createQueueBackend({ log: createLog('test', 'silent') }, { databaseUrl: fixture.connectionString });
});
beforeEach(async () => {
  await fixture.database.deleteFrom('deadLetter').execute();
});
afterAll(async () => {
  await backend.close();
  await fixture.close();
});

const listedSchema = z.array(z.object({ deadLetterId: z.uuid(), queue: z.string(), reason: z.string() }));
const list = async (...more: string[]) =>
  listedSchema.parse((await fixture.run(['dlq', 'list', '--json', ...more])).json());

async function bury(change: { queue?: string; jobId?: string; callId?: string | null; payload?: unknown } = {}) {
  const letter = { projectId: 'default', queue: SCORE_QUEUE, jobId: JOB_ID, callId: CALL_ID, payload: PAYLOAD };
  await recordDeadLetter(fixture.database, { ...letter, reason: 'it broke\u001b[31m', ...change }, 'test');
}

/** A job that has failed all its attempts, as the queue itself keeps it. */
async function failJob(): Promise<void> {
  const queue = backend.openQueue(SCORE_QUEUE, { attempts: 1 });
  const worker = backend.openWorker(SCORE_QUEUE, async () => {
    throw new Error('it broke');
  });
  await queue.add({ id: JOB_ID, data: PAYLOAD });
  await eventually('the job fails', async () => (await queue.stateOf(JOB_ID)) === 'failed');
  await worker.close(1_000);
}

describe('trimtab dlq', () => {
  it('lists what waits, without what a terminal would obey', async () => {
    expect((await fixture.run(['dlq', 'list'])).stdout).toBe('No dead letters.\n');
    await bury();
    const { stdout } = await fixture.run(['dlq', 'list']);
    expect(stdout).toContain(JOB_ID);
    expect(stdout).toContain('it broke\uFFFD[31m');
    expect(await list('--queue', 'trimtab-replay')).toEqual([]);
    expect((await fixture.run(['status'])).stdout).toContain('1 dead letters wait for you: trimtab dlq list');
  });

  it('puts a job back that the queue still has among its failed ones, and forgets the letter', async () => {
    await failJob();
    await bury();
    const [letter] = await list();
    const { code, stdout } = await fixture.run(['dlq', 'retry', letter?.deadLetterId.slice(0, 8) ?? '']);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/: retried\n$/) });
    expect(await backend.openQueue(SCORE_QUEUE).stateOf(JOB_ID)).toBe('waiting');
    expect(await list()).toEqual([]);
    expect(await hasDeadLetter(fixture.database, 'default', SCORE_QUEUE, JOB_ID)).toBe(false);
  });

  it('keeps a letter whose job cannot be put back, and says why', async () => {
    await bury({ queue: 'spool', jobId: 'record' });
    await bury({ queue: 'trimtab-gone', jobId: 'old' });
    await bury({ jobId: 'odd', payload: { v: 2 } });
    const { code, json } = await fixture.run(['dlq', 'retry', '--all', '--json']);
    expect(code).toBe(1);
    expect(json()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ jobId: 'record', outcome: 'failed', reason: expect.stringContaining('not a job') }),
        expect.objectContaining({
          jobId: 'old',
          outcome: 'failed',
          reason: expect.stringContaining('no queue trimtab-gone'),
        }),
        expect.objectContaining({ jobId: 'odd', outcome: 'failed', reason: expect.stringContaining('payload') }),
      ]),
    );
    expect(await list()).toHaveLength(3);
  });

  it('drops a letter without losing its call from the conservation equation', async () => {
    await bury({ queue: 'spool', jobId: CALL_ID });
    await fixture.database
      .insertInto('conservationCounter')
      .values({ projectId: 'default', gatewayId: 'g/s', name: 'answered', value: 1 })
      .execute();
    const [letter] = await list();
    expect((await fixture.run(['dlq', 'drop', letter?.deadLetterId ?? '', '--json'])).json()).toMatchObject([
      { outcome: 'dropped' },
    ]);
    expect(await list()).toEqual([]);
    expect(await list('--dropped')).toHaveLength(1);
    expect(await readConservation(fixture.database, 'default')).toMatchObject({ deadLettered: 1, balances: true });
  });

  it.each([
    [['dlq', 'retry'], /or give --all/],
    [['dlq', 'drop', 'deadbeef', '--all'], /or give --all/],
    [['dlq', 'drop', 'deadbeef'], /there is no dead letter deadbeef/],
    [['dlq', 'drop', 'dead'], /at least 8 characters/],
    [['dlq', 'retry', 'deadbeef', '--queue', 'x'], /--queue narrows --all down/],
    [['dlq', 'list', '--limit', '0'], /--limit takes a whole number from 1 to 1000, not "0"/],
  ])('refuses %j', async (argv, message) => {
    const { code, stdout, stderr } = await fixture.run(argv);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
