import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConservation } from '#shared/database/conservation.ts';
import { createSeededRandom } from '../../arena/seeded-random.ts';
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
/** For the next process to begin a judgement, in the middle of which it is killed. */
const ASKED_WITHIN_MS = 60_000;
/** Judgements that one evaluator works on at once. */
const JUDGING_AT_ONCE = 4;
/** A killed worker's lock, and the look for such locks. */
const RERUN_S_MAX = 45;
/** An evaluator that is killed all the time does little beside it. */
const LOAD = { agents: 1, pauseMs: 1_000 };

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
          const before = judge.questions.length;
          const asked = () => judge.questions.length;
          await expect.poll(asked, { timeout: ASKED_WITHIN_MS, interval: 5 }).toBeGreaterThan(before);
          await delay(random() * JUDGE_MS);
          killedAtMs.push(await killService(target, 'evaluator'));
        }
      },
      LOAD,
    );
    // The system rests for the auditor before a job comes back whose worker was killed: its lock has to run out first.
    const rerunsSeen = () => repetitionsOf(judge, killedAtMs).reruns.length;
    await expect.poll(rerunsSeen, { timeout: 2 * RERUN_S_MAX * 1_000, interval: 100 }).toBeGreaterThan(0);
    const violations = await auditSystem(target, run.calls, {
      run,
      killed: ['evaluator'],
    });
    const { times, reruns } = repetitionsOf(judge, killedAtMs);
    const { deadLettered } = await readConservation(system.database, 'default');
    recordFault(context, {
      ...{ row: 'evaluator-killed', backend, seed: SEED },
      figures: [
        ...lossFigures(violations, run.calls.length),
        { id: 'judgements_repeated', value: times, op: '<=', bar: KILLS * JUDGING_AT_ONCE, n: judge.questions.length },
        { id: 'rerun_after_kill_s', value: Math.max(...reruns), op: '<=', bar: RERUN_S_MAX, n: reruns.length },
        { id: 'calls_dead_lettered', value: deadLettered, op: '<=', bar: 0, n: run.calls.length },
      ],
    });
    expect(violations).toEqual([]);
    expect(reruns.length).toBeGreaterThan(0);
  });
});

/** How often a question was asked again, and how long after the last kill those that it had cut off. */
function repetitionsOf(
  { questions }: ScriptedJudge,
  killedAtMs: readonly number[],
): { readonly times: number; readonly reruns: readonly number[] } {
  const last = new Map<string, number>();
  const reruns: number[] = [];
  // A question that was cut off by any other may have been cut off again before it was asked.
  const lastKillMs = killedAtMs.at(-1) ?? 0;
  for (const question of questions) {
    const { atMs } = question;
    const subject = subjectOf(question);
    const before = last.get(subject);
    if (before !== undefined && before < lastKillMs && before > lastKillMs - JUDGE_MS && atMs > lastKillMs) {
      reruns.push((atMs - lastKillMs) / 1_000);
    }
    last.set(subject, atMs);
  }
  return { times: questions.length - last.size, reruns };
}

/** What is judged and by which rubric; the marks around it are new in every question. */
function subjectOf({ prompt, schema }: JudgeQuestion): string {
  return `${JSON.stringify(schema)} ${/BEGIN \S+\n([\s\S]*)\nEND /.exec(prompt)?.[1] ?? prompt}`;
}
