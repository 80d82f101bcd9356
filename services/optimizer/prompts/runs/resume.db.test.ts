import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { requestRun } from '#shared/database/optimizer-run-store.ts';
import { type PromptRun, readPromptRun, readStepperState } from '#shared/database/prompt-run-store.ts';
import { readFixableFailures } from '#shared/database/prompts/fixable-failures.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { seedProject } from '#shared/testing/optimizer-fixture.ts';
import { openOptimizerStore } from '../../testing/optimizer-store.ts';
import type { SearchCheckpoint } from '../contract/search-checkpoint.ts';
import { PROMPT_OPTIMIZERS } from '../registry.ts';
import { openRun } from './open-run.ts';
import { planRun } from './plan-run.ts';
import { storeTraffic } from './testing/search-fixture.ts';

const CHILD = fileURLToPath(new URL('./testing/search-child.ts', import.meta.url));
const PROJECT = 'default';
const SEED = 7;
const TASK_CALLS = 220;
const KILLS = 2;

const store = await openOptimizerStore();
const { owner } = store;
beforeAll(async () => {
  await seedProject(owner, PROJECT, { prefixes: 'propose' });
  await storeTraffic(owner, { project: PROJECT, failing: 36, passing: 30, nowMs: Date.now() });
});

/** A search on the same calls with the same seed; what another one has found out is forgotten. */
async function openSearch(optimizerName: string): Promise<PromptRun> {
  await owner.deleteFrom('replay').execute();
  await owner.deleteFrom('evaluationCache').execute();
  const asOf = new Date(Date.now() + 60_000);
  const since = new Date(Date.now() - 86_400_000);
  const [failures] = await readFixableFailures(owner, PROJECT, { since, asOf, minSessions: 2 });
  const governance = (await readGovernance(owner, PROJECT))!.body;
  const optimizer = PROMPT_OPTIMIZERS.find((each) => each.name === optimizerName)!;
  const planned = await planRun(owner, governance, {
    ...{ projectId: PROJECT, failures: failures!, since, asOf, optimizer, budgetUsd: 50, taskCalls: TASK_CALLS },
    ...{ replayCalls: 60, seed: SEED, prefixCostMax: 1, teacher: 'openai/teacher-1', judgeMostUsd: 0, author: 'test' },
  });
  if (planned.type === 'refused') throw new Error(`the search cannot be planned: ${planned.reason}`);
  const { run } = await requestRun(owner, {
    ...{ projectId: PROJECT, job: 'prompt', logicalTime: new Date(Date.now() + Math.random() * 1e9), trigger: 'test' },
  });
  return await openRun(owner, planned, {
    ...{ projectId: PROJECT, runId: run.runId, optimizer: optimizerName, seedPrefixId: null },
  });
}

/** Runs the search in a process; kills it once so many steps are written, when replays are under way. */
async function work(run: PromptRun, killAfter: number | null): Promise<number | null> {
  const child = spawn(process.execPath, [CHILD, store.connectionString, PROJECT, run.promptRunId], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  let isOver = false;
  void exited.then(() => {
    isOver = true;
  });
  while (killAfter !== null && !isOver) {
    const now = await readPromptRun(owner, PROJECT, run.promptRunId);
    const { rows } = await sql<{ pending: number }>`
      SELECT count(*)::int AS pending FROM replay WHERE status = 'pending'`.execute(owner);
    if ((now?.tells ?? 0) >= killAfter && (rows[0]?.pending ?? 0) > 0) child.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  const [code] = (await exited) as [number | null];
  return code;
}

/** All that a search came to, without what differs between any two searches: its id and its times. */
async function outcomeOf(run: PromptRun) {
  const ended = (await readPromptRun(owner, PROJECT, run.promptRunId))!;
  const text = (await readStepperState(owner, PROJECT, run.promptRunId))!;
  const { searchId: _id, elapsedMs: _elapsed, ...checkpoint } = JSON.parse(text) as SearchCheckpoint;
  return { status: ended.status, result: JSON.stringify(ended.result), history: JSON.stringify(checkpoint) };
}

describe('a search whose process is killed', () => {
  it.each(['gepa', 'protegi'])(
    'comes to the same history and the same result, byte for byte: %s',
    async (optimizer) => {
      const uninterrupted = await openSearch(optimizer);
      expect(await work(uninterrupted, null)).toBe(0);
      const expected = await outcomeOf(uninterrupted);
      const { tells } = (await readPromptRun(owner, PROJECT, uninterrupted.promptRunId))!;

      const killed = await openSearch(optimizer);
      let kills = 0;
      for (let kill = 0; kill < KILLS; kill += 1) {
        const code = await work(killed, Math.floor((tells * kill) / KILLS));
        if (code === null) kills += 1;
      }
      expect(kills).toBeGreaterThan(0);
      expect(await work(killed, null)).toBe(0);
      expect(await outcomeOf(killed)).toEqual(expected);
      expect(JSON.parse(expected.history)).toMatchObject({ phase: 'done' });
    },
    120_000,
  );
});
