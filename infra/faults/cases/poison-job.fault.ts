import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeReply } from '#shared/testing/fake-reply.ts';
import { type Asked, ask } from '../testing/ask.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { killService } from '../testing/kill-service.ts';
import { auditSystem } from '../testing/run-under-load.ts';
import { createScriptedJudge, type ScriptedJudge, verdictOn } from '../testing/scripted-judge.ts';
import { seedOfRun } from '../testing/seed.ts';

const SEED = seedOfRun();
const DEATHS_MAX = 4;
const OTHERS = 20;
const POISON = `poison-${SEED}`;
/** Four locks of 30 s, each looked for every 15 s, and the minute after which failed jobs are collected. */
const BURIED_WITHIN_MS = 330_000;

describe.each(BACKENDS)('a job that kills its worker each time, with the queues on %s,', (backend) => {
  let target: FaultSystem;
  let judge: ScriptedJudge;
  let deaths = 0;
  let killing: Promise<unknown> = Promise.resolve();

  beforeAll(async () => {
    judge = await createScriptedJudge((question): FakeReply => {
      if (!question.prompt.includes(POISON)) return { type: 'message', text: verdictOn(question) };
      deaths += 1;
      // The process that took this job dies of it, in the middle of it.
      killing = killing.then(() => killService(target, 'evaluator'));
      return { type: 'silence' };
    });
    target = await startFaultSystem({ backend, seed: SEED, judgeUrl: judge.baseUrl });
  });
  afterAll(async () => {
    await killing;
    await target?.stop();
    await judge?.close();
  });

  it('is set aside after four deaths at the most, and the others are done', async (context) => {
    const { database } = target.system;
    const asked: Asked[] = [await ask(target, `Say nothing. ${POISON}`, { sessionId: 'poison' })];
    for (let other = 0; other < OTHERS; other += 1) {
      asked.push(await ask(target, `Say hello ${other}.`, { sessionId: `other-${other}` }));
    }
    const letters = async () =>
      (await database.selectFrom('deadLetter').select(['queue', 'payload', 'reason']).execute()).filter(({ payload }) =>
        JSON.stringify(payload).includes('"poison"'),
      );
    const found = async () => (await letters()).length;
    await expect.poll(found, { timeout: BURIED_WITHIN_MS, interval: 500 }).toBe(1);
    const judged = await database.selectFrom('score').select('subjectId').where('judge', 'is not', null).execute();
    const others = new Set(judged.map(({ subjectId }) => subjectId)).size;
    const violations = await auditSystem(
      target,
      asked.map(({ call }) => call),
    );
    recordFault(context, {
      ...{ row: 'poison-job', backend, seed: SEED },
      figures: [
        ...lossFigures(violations, asked.length),
        { id: 'deaths', value: deaths, op: '<=', bar: DEATHS_MAX, n: 1 },
        { id: 'others_done', value: others, op: '>=', bar: OTHERS, n: OTHERS },
      ],
    });
    expect(deaths).toBeGreaterThan(1);
    expect(deaths).toBeLessThanOrEqual(DEATHS_MAX);
    expect(others).toBe(OTHERS);
    const session = await database.selectFrom('session').select('closedAt').where('sessionId', '=', 'poison').execute();
    expect(session[0]?.closedAt).toBeInstanceOf(Date);
    expect(violations).toEqual([]);
  });
});
