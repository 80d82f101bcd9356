import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '#shared/database/connect.ts';
import { seedProject } from '#shared/testing/optimizer-fixture.ts';
import { type CycleClock, seedProvenProject } from '../../services/optimizer/testing/cycle-fixture.ts';
import type { Statement } from './client-statements.ts';
import { type CyclePlace, comesTo, nameOf, placesOf } from './cycle-place.ts';
import { type LeftByRun, type RunRow, readLeft, readRunRow, readRunRows } from './left-by-run.ts';
import { type OptimizerProcess, startOptimizerProcess } from './optimizer-process.ts';
import type { HeldStatement } from './statement-gate.ts';

export interface KilledRun {
  readonly left: LeftByRun;
  /** What was there at the moment of the kill: the old, or the new, and no mixture. */
  readonly atKill: LeftByRun;
  /** The row at the moment of the kill; null when there was none yet. */
  readonly killed: RunRow | null;
  /** After the second process has asked for the run, while the lease of the dead one held. */
  readonly underLease: RunRow | null;
  readonly run: RunRow | null;
  /** What PostgreSQL made of the dead one's last statement, which arrived when all was over; null if it did not. */
  readonly late: string | null;
}

export interface KillDeps {
  readonly owner: Database;
  readonly clock: CycleClock;
  /** Governance of the projects. */
  readonly governance: Readonly<Record<string, unknown>>;
  /** Without sessions: a run switches exploration on, which no canary has to judge. */
  readonly isNew?: boolean;
  /** Of every process but the project. */
  readonly place: { readonly folder: string; readonly databaseUrl: string; readonly redisUrl: string | undefined };
}

/** The process that dies looks once, so that nothing but the run talks to the database. */
const NEVER_MS = 3_600_000;
const SOON_MS = 200;
const CLAIMS_UNDER_LEASE = 2;
/** An idle machine needs two seconds for what is waited for; one with six loads needs a minute to start a process. */
const DEADLINE_MS = 120_000;
/** A lease has a minute. */
const LEASE_MAX_MS = 150_000;
const LEASE_HELD_MS = 3_600_000;
const LOOK_MS = 25;
/** What an optimizer says that finds its lease lost. */
const TAKEN_OVER = 'another optimizer has taken the run over';

/** An undisturbed run in a process of its own: what it leaves, and all places at which it could have been killed. */
export async function runWhole(
  deps: KillDeps,
  project: string,
): Promise<{ readonly left: LeftByRun; readonly places: readonly CyclePlace[] }> {
  await seed(deps, project);
  const optimizer = await startOptimizerProcess({ ...deps.place, project, lookEveryMs: NEVER_MS });
  try {
    const isDone = async () => (await readRunRow(deps.owner, project))?.status === 'done';
    await until(optimizer, 'the undisturbed run is done', isDone);
    return { left: await readLeft(deps.owner, project), places: placesOf(optimizer.gate.passed) };
  } finally {
    await end(optimizer);
  }
}

/**
 * Kills an optimizer at a place of its run and has a second one take the run over when the lease has ended.
 *
 * @param lease `waited`: it runs out by itself; `ended`: the test ends it, after it was respected
 * @param isLate whether the dead one's last statement, which was on its way, arrives when all is over
 * @param isPaused whether it is not killed, but gets no answer until all is over, and goes on then
 */
export async function killAndTakeOver(
  deps: KillDeps,
  options: {
    readonly project: string;
    readonly place: CyclePlace;
    readonly lease?: 'waited' | 'ended';
    readonly isLate?: boolean;
    readonly isPaused?: boolean;
  },
): Promise<KilledRun> {
  const { owner } = deps;
  const { project, place, lease = 'ended', isLate = false, isPaused = false } = options;
  await seed(deps, project);
  const first = await startOptimizerProcess({ ...deps.place, project, lookEveryMs: NEVER_MS });
  const processes = [first];
  try {
    let held: HeldStatement | undefined;
    void first.gate.shutAt(comesTo(place), place.side).then((statement) => {
      held = statement;
    });
    await until(first, `the process comes to ${nameOf(place)}`, () => held !== undefined);
    if (!isPaused) await first.kill();
    // With it go its connections, and what it had begun; what was on its way alone is not stopped by its death.
    if (!isLate && !isPaused) await first.gate.close();
    const atKill = await readLeft(owner, project);
    // A machine may take longer to start the second process than a lease lasts.
    if (lease === 'ended') await setLease(owner, project, new Date(Date.now() + LEASE_HELD_MS));
    const killed = await readRunRow(owner, project);

    const second = await startOptimizerProcess({ ...deps.place, project, lookEveryMs: SOON_MS });
    processes.push(second);
    const hasAsked = () => claimsOf(second.gate.passed) > CLAIMS_UNDER_LEASE;
    await until(second, 'the second process asks for the run', hasAsked);
    const underLease = lease === 'waited' ? killed : await readRunRow(owner, project);
    if (killed?.status === 'running') {
      if (lease === 'ended') await setLease(owner, project, new Date(0));
      const isTaken = async () => (await readRunRow(owner, project))?.fence !== killed.fence;
      await until(second, 'the run is taken over', isTaken, LEASE_MAX_MS);
    }
    await until(second, 'the run is done', async () => (await readRunRow(owner, project))?.status === 'done');
    if (isPaused) first.gate.open();
    const late = isLate || isPaused ? ((await held?.letThrough()) ?? null) : null;
    if (isPaused) await until(first, 'the one that woke hears of it', () => first.output().includes(TAKEN_OVER));
    const run = await readRunRow(owner, project);
    return { left: await readLeft(owner, project), atKill, killed, underLease, run, late };
  } finally {
    for (const each of processes) await end(each);
  }
}

/** Several optimizers ask for the run of the night at the same moment; what is left when each has worked off what is due. */
export async function runTogether(
  deps: KillDeps,
  project: string,
  count: number,
): Promise<{ readonly left: LeftByRun; readonly runs: readonly RunRow[] }> {
  await seed(deps, project);
  const options = { ...deps.place, project, lookEveryMs: SOON_MS };
  const optimizers = await Promise.all(Array.from({ length: count }, () => startOptimizerProcess(options)));
  try {
    // Each stands with its hand on the bell until all do.
    const isBell = ({ sql: text }: Statement) => text.startsWith('insert into "optimizer_run"');
    let standing = 0;
    for (const { gate } of optimizers) {
      void gate.shutAt(isBell).then((held) => {
        standing += 1;
        bells.push(held);
      });
    }
    const bells: HeldStatement[] = [];
    for (const each of optimizers) await until(each, 'all ring', () => standing === count);
    await Promise.all(bells.map((held) => held.letThrough()));
    for (const { gate } of optimizers) gate.open();
    const isDone = async () => (await readRunRow(deps.owner, project))?.status === 'done';
    for (const each of optimizers) {
      await until(each, 'the run is done', isDone);
      const asked = claimsOf(each.gate.passed);
      await until(each, 'it looks again after the run', () => claimsOf(each.gate.passed) > asked);
    }
    return { left: await readLeft(deps.owner, project), runs: await readRunRows(deps.owner, project) };
  } finally {
    for (const each of optimizers) await end(each);
  }
}

async function seed({ owner, clock, governance, isNew = false }: KillDeps, project: string): Promise<void> {
  if (isNew) await seedProject(owner, project, { ...governance });
  else await seedProvenProject(owner, project, clock, { ...governance });
}

async function end(optimizer: OptimizerProcess): Promise<void> {
  await optimizer.kill();
  await optimizer.gate.close();
}

async function until(
  optimizer: OptimizerProcess,
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = DEADLINE_MS,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}\n${optimizer.output()}`);
    await delay(LOOK_MS);
  }
}

const claimsOf = (passed: readonly Statement[]): number =>
  passed.filter(({ parameters }) => parameters.some((each) => each?.startsWith('trimtab.run.') === true)).length;

async function setLease(owner: Database, project: string, leaseUntil: Date): Promise<void> {
  await owner
    .updateTable('optimizerRun')
    .set({ leaseUntil })
    .where('projectId', '=', project)
    .where('status', '=', 'running')
    .execute();
}
