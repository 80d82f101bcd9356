import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { createCallStore } from '#shared/database/call-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { type OptimizerRun, requestRun } from '#shared/database/optimizer-run-store.ts';
import { uuidV7 } from '#shared/domain/call-id.ts';
import { insertSessions, SHAPE, seedProject } from '#shared/testing/optimizer-fixture.ts';
import { sampleCallRecord } from '#shared/testing/sample-call-record.ts';
import type { ProposePrefixOptions } from '../begin-searches.ts';
import { type RunCycleDeps, runCycle } from '../run-cycle.ts';
import { createRunWorker, type RunWorker } from '../run-worker.ts';

const DAY_MS = 86_400_000;
const log = pino({ level: 'silent' });

/** The clock of the cycles of a test: never behind the database's, and moved on by hand. */
export interface CycleClock {
  now(): number;
  moveOn(milliseconds?: number): void;
}

export function createCycleClock(): CycleClock {
  let nowMs = Date.now();
  return {
    now: () => nowMs,
    moveOn(milliseconds = 1_000) {
      nowMs = Math.max(nowMs, Date.now()) + milliseconds;
    },
  };
}

export const CYCLE_OPTIONS: ProposePrefixOptions = {
  ...{ minClusterSessions: 2, replayCalls: 16, promptBudgetUsd: 5, promptOptimizer: 'none', promptClusters: 1 },
  ...{ prefixCostMax: 1, teacherName: null, judgeMostUsd: 0, patienceMs: 1_000 },
};

/** A worker that runs cycles without prefixes on a database, as an optimizer process of its own would. */
export function createCycleWorker(
  database: Database,
  project: string,
  clock: CycleClock,
  change: Partial<RunCycleDeps> = {},
  options: Partial<ProposePrefixOptions> = {},
): RunWorker {
  const deps: RunCycleDeps = {
    ...{ database, now: clock.now, teacher: null, actor: 'optimizer:test', optimizers: new Map() },
    replays: { addBulk: async () => {} },
    wait: async () => {},
    signal: new AbortController().signal,
    clustering: { run: async () => ({ recorded: 0, opened: 0 }) },
    ...change,
  };
  return createRunWorker(
    {
      ...{ database, log, owner: `test-${randomBytes(4).toString('hex')}` },
      cycle: (run) => runCycle(deps, run, { ...CYCLE_OPTIONS, ...options }),
    },
    { projectId: project },
  );
}

export async function askForRun(database: Database, projectId: string, clock: CycleClock): Promise<OptimizerRun> {
  clock.moveOn();
  const request = { projectId, job: 'manual', logicalTime: new Date(clock.now()), trigger: 'test' };
  return (await requestRun(database, request)).run;
}

/** A project in which the cheap model is proven beside the steady one; returns the id of the stable policy. */
export async function seedProvenProject(
  owner: Database,
  project: string,
  clock: CycleClock,
  governance: Record<string, unknown> = { weights: 'automatic', prefixes: 'off', weightStepMax: 1 },
): Promise<string> {
  const stable = await seedProject(owner, project, governance);
  const startedAt = (index: number) => new Date(clock.now() - 2 * DAY_MS + index * 1_000);
  await insertSessions(
    owner,
    Array.from({ length: 400 }, (_, index) => ({
      ...{ project, index, startedAt: startedAt(index), quality: 0.97, policyId: stable },
      model: index % 2 === 0 ? 'steady' : 'cheap',
    })),
  );
  // Tokens make cost, and sessions alone have none.
  for (const index of [0, 1]) {
    const call = {
      ...{ callId: uuidV7(startedAt(index).getTime() + 5, randomBytes(10)), projectId: project, turnShape: SHAPE },
      ...{ startedAt: startedAt(index).getTime() + 5, sessionId: `session-${index}` },
    };
    await createCallStore(owner).store([sampleCallRecord({ call })]);
  }
  await owner
    .updateTable('session')
    .set({ closedAt: new Date(clock.now() - DAY_MS) })
    .where('projectId', '=', project)
    .execute();
  return stable;
}
