import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../arena/seeded-random.ts';
import { waitUntilReady } from '../../wait-until-ready.ts';
import { lossFigures, recordFault } from '../testing/fault-result.ts';
import { BACKENDS, type FaultSystem, startFaultSystem } from '../testing/fault-system.ts';
import { killService } from '../testing/kill-service.ts';
import { auditSystem, runUnderLoad } from '../testing/run-under-load.ts';
import { createScriptedJudge, type JudgeQuestion, type ScriptedJudge, verdictOn } from '../testing/scripted-judge.ts';
import { seedOfRun } from '../testing/seed.ts';

const SEED = seedOfRun();
const KILLS = 50;
/** A judge thinks, so that there is a middle of a judgement to be killed in. */
const JUDGE_MS = 400;
const KILL_WITHIN_MS = 1_500;
const READY_MS = 60_000;
/** Judgements that one evaluator works on at once. */
const JUDGING_AT_ONCE = 4;
/** A killed worker's lock, and the look for such locks. */
const RERUN_S_MAX = 45;
const LOAD = { agents: 3, pauseMs: 800 };

describe.each(BACKENDS)('an evaluator that is killed again and again, with the queues on %s,', (backend) => {
  let target: FaultSystem;
  let judge: ScriptedJudge;

  beforeAll(async () => {
    judge = await createScriptedJudge((question) => {
      return { type: 'message', headersDelayMs: JUDGE_MS, text: verdictOn(question) };
    });
    target = await startFaultSystem({ backend, seed: SEED, judgeUrl: judge.baseUrl });
  });
  afterAll(async () => {
    await target?.stop();
    await judge?.close();
  });

  it('leaves no row twice and none out', async (context) => {
    const { system } = target;
    const random = createSeededRandom(SEED).uniform;
    const killedAtMs: number[] = [];
    const run = await runUnderLoad(
      target,
      async () => {
        for (let kill = 0; kill < KILLS; kill += 1) {
          await delay(random() * KILL_WITHIN_MS);
          killedAtMs.push(await killService(target, 'evaluator'));
          const readiness = await waitUntilReady(system.evaluatorUrl, READY_MS, new AbortController().signal);
          if (readiness.type !== 'ready') throw new Error('the evaluator did not come back');
        }
      },
      LOAD,
    );
    const violations = await auditSystem(target, run.calls, {
      run,
      killed: ['evaluator'],
    });
    const { times, reruns } = repetitionsOf(judge, killedAtMs);
    const letters = await system.database.selectFrom('deadLetter').select('reason').execute();
    recordFault(context, {
      ...{ row: 'evaluator-killed', backend, seed: SEED },
      figures: [
        ...lossFigures(violations, run.calls.length),
        { id: 'judgements_repeated', value: times, op: '<=', bar: KILLS * JUDGING_AT_ONCE, n: judge.questions.length },
        { id: 'rerun_after_kill_s', value: Math.max(0, ...reruns), op: '<=', bar: RERUN_S_MAX, n: reruns.length },
        { id: 'dead_letters', value: letters.length, op: '<=', bar: 0, n: run.calls.length },
      ],
    });
    expect(violations).toEqual([]);
    expect(judge.questions.length).toBeGreaterThan(0);
  });
});

/** How often a question was asked again, and how long after the kill that had cut it off. */
function repetitionsOf(
  { questions }: ScriptedJudge,
  killedAtMs: readonly number[],
): { readonly times: number; readonly reruns: readonly number[] } {
  const last = new Map<string, number>();
  const reruns: number[] = [];
  for (const question of questions) {
    const { atMs } = question;
    const subject = subjectOf(question);
    const before = last.get(subject);
    const cutAtMs = killedAtMs.find((killed) => before !== undefined && killed > before);
    if (before !== undefined && cutAtMs !== undefined && atMs > cutAtMs) reruns.push((atMs - cutAtMs) / 1_000);
    last.set(subject, atMs);
  }
  return { times: questions.length - last.size, reruns };
}

/** What is judged and by which rubric; the marks around it are new in every question. */
function subjectOf({ prompt, schema }: JudgeQuestion): string {
  return `${JSON.stringify(schema)} ${/BEGIN \S+\n([\s\S]*)\nEND /.exec(prompt)?.[1] ?? prompt}`;
}
