import { sql } from 'kysely';
import * as z from 'zod';
import { jsonText } from './columns.ts';
import type { Database } from './connect.ts';
import { leaseLost } from './run-fence.ts';

type RunStatus = 'pending' | 'running' | 'done' | 'failed';

/** One run of the optimizer. The row decides whether work happens; whatever rings the bell is a hint. */
export interface OptimizerRun {
  readonly runId: string;
  readonly projectId: string;
  readonly job: string;
  readonly logicalTime: Date;
  readonly trigger: string;
  readonly status: RunStatus;
  readonly leaseOwner: string | null;
  readonly leaseUntil: Date | null;
  /** Rises with every claim; a claimant of before cannot write any more. */
  readonly fence: number;
  readonly checkpoint: Readonly<Record<string, unknown>>;
  readonly summary: Readonly<Record<string, unknown>>;
  /** What it is at, for who watches. */
  readonly progress: RunProgress;
  readonly attempt: number;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** Where a run stands: the step it is at, since when, and how long the steps before took. */
export const runProgressSchema = z.object({
  step: z.string().nullable().default(null),
  stepStartedAt: z.iso.datetime().nullable().default(null),
  /** Milliseconds by step that is done. */
  took: z.record(z.string(), z.number()).default({}),
  /** What a step that waits has behind it and in all, such as replays. */
  done: z.number().nullable().default(null),
  total: z.number().nullable().default(null),
});

export type RunProgress = z.infer<typeof runProgressSchema>;

/** A run held under a lease. */
export interface ClaimedRun extends OptimizerRun {
  readonly leaseOwner: string;
}

/** Runs that the time still needed is estimated from. */
const STEP_TIMES_RUNS = 10;
const jsonObject = z.record(z.string(), z.unknown());
const COLUMNS = [
  'runId',
  'projectId',
  'job',
  'logicalTime',
  'trigger',
  'status',
  'leaseOwner',
  'leaseUntil',
  'fence',
  'checkpoint',
  'summary',
  'progress',
  'attempt',
  'createdAt',
  'startedAt',
  'finishedAt',
] as const;

/** Asks for a run; asked for twice at the same logical time it is one. Returns the row that stands. */
export async function requestRun(
  database: Database,
  run: { readonly projectId: string; readonly job: string; readonly logicalTime: Date; readonly trigger: string },
): Promise<{ readonly run: OptimizerRun; readonly created: boolean }> {
  const inserted = await database
    .insertInto('optimizerRun')
    .values({ ...run, runId: sql`gen_random_uuid()`, status: 'pending' })
    .onConflict((conflict) => conflict.columns(['projectId', 'job', 'logicalTime']).doNothing())
    .returning(COLUMNS)
    .executeTakeFirst();
  if (inserted !== undefined) return { run: asRun(inserted), created: true };
  const existing = await database
    .selectFrom('optimizerRun')
    .select(COLUMNS)
    .where('projectId', '=', run.projectId)
    .where('job', '=', run.job)
    .where('logicalTime', '=', run.logicalTime)
    .executeTakeFirstOrThrow();
  return { run: asRun(existing), created: false };
}

/**
 * Takes the oldest run that nobody holds: pending, or running under a lease that has ended by the database's clock.
 * Null when there is none, or when another run of the project is held: runs do not overlap.
 */
export async function claimRun(
  database: Database,
  claim: { readonly projectId: string; readonly owner: string; readonly leaseMs: number; readonly attemptsMax: number },
): Promise<ClaimedRun | null> {
  return await database.transaction().execute(async (transaction) => {
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`trimtab.run.${claim.projectId}`}, 0))`.execute(
      transaction,
    );
    const held = await transaction
      .selectFrom('optimizerRun')
      .select('runId')
      .where('projectId', '=', claim.projectId)
      .where('status', '=', 'running')
      .where('leaseUntil', '>', sql<Date>`clock_timestamp()`)
      .executeTakeFirst();
    if (held !== undefined) return null;
    const next = await transaction
      .selectFrom('optimizerRun')
      .select(['runId', 'attempt'])
      .where('projectId', '=', claim.projectId)
      .where('status', 'in', ['pending', 'running'])
      .where((build) =>
        build.or([build('leaseUntil', 'is', null), build('leaseUntil', '<', sql<Date>`clock_timestamp()`)]),
      )
      .orderBy('createdAt')
      .limit(1)
      .executeTakeFirst();
    if (next === undefined) return null;
    // An attempt is what ended without saying so: a run that parks itself gives its attempt back.
    const exhausted = next.attempt >= claim.attemptsMax;
    const row = await transaction
      .updateTable('optimizerRun')
      .set({
        status: exhausted ? 'failed' : 'running',
        leaseOwner: claim.owner,
        leaseUntil: sql`clock_timestamp() + make_interval(secs => ${claim.leaseMs / 1_000})`,
        fence: sql`fence + 1`,
        attempt: sql`attempt + 1`,
        startedAt: sql`coalesce(started_at, now())`,
        ...(exhausted
          ? { finishedAt: sql`now()`, summary: jsonText({ error: 'given up after too many attempts' }) }
          : {}),
      })
      .where('runId', '=', next.runId)
      .returning(COLUMNS)
      .executeTakeFirstOrThrow();
    return exhausted ? null : { ...asRun(row), leaseOwner: claim.owner };
  });
}

/** Keeps the lease. False when it was lost: another optimizer has claimed the run. */
export async function extendLease(database: Database, run: ClaimedRun, leaseMs: number): Promise<boolean> {
  const extended = await database
    .updateTable('optimizerRun')
    .set({ leaseUntil: sql`clock_timestamp() + make_interval(secs => ${leaseMs / 1_000})` })
    .where('runId', '=', run.runId)
    .where('fence', '=', run.fence)
    .where('status', '=', 'running')
    .executeTakeFirst();
  return extended.numUpdatedRows > 0n;
}

/** Stores what the run has done so far. Throws `conflict` when the lease was lost. */
export async function saveCheckpoint(
  database: Database,
  run: ClaimedRun,
  checkpoint: Readonly<Record<string, unknown>>,
  progress: RunProgress = run.progress,
): Promise<void> {
  await writeUnderFence(database, run, { checkpoint: jsonText(checkpoint), progress: jsonText(progress) });
}

/** Gives the run back to be continued at `resumeAt` at the earliest, from its checkpoint. */
export async function parkRun(
  database: Database,
  run: ClaimedRun,
  parked: {
    readonly checkpoint: Readonly<Record<string, unknown>>;
    readonly summary: Readonly<Record<string, unknown>>;
    readonly resumeInMs: number;
  },
): Promise<void> {
  await writeUnderFence(database, run, {
    status: 'pending',
    leaseUntil: sql`clock_timestamp() + make_interval(secs => ${parked.resumeInMs / 1_000})`,
    attempt: sql`attempt - 1`,
    checkpoint: jsonText(parked.checkpoint),
    summary: jsonText(parked.summary),
  });
}

export async function finishRun(
  database: Database,
  run: ClaimedRun,
  result: { readonly status: 'done' | 'failed'; readonly summary: Readonly<Record<string, unknown>> },
): Promise<void> {
  await writeUnderFence(database, run, {
    status: result.status,
    leaseUntil: null,
    finishedAt: sql`now()`,
    summary: jsonText(result.summary),
  });
}

/** The latest logical time of a job that was done, or null. */
export async function lastDoneLogicalTime(database: Database, projectId: string, job: string): Promise<Date | null> {
  const row = await database
    .selectFrom('optimizerRun')
    .select('logicalTime')
    .where('projectId', '=', projectId)
    .where('job', '=', job)
    .where('status', '=', 'done')
    .orderBy('logicalTime', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.logicalTime ?? null;
}

/** Newest first, before a moment of creation and run id. */
export async function listRuns(
  database: Database,
  projectId: string,
  page: { readonly before?: { readonly createdAt: Date; readonly runId: string } | undefined; readonly limit: number },
): Promise<OptimizerRun[]> {
  let query = database.selectFrom('optimizerRun').select(COLUMNS).where('projectId', '=', projectId);
  const { before } = page;
  if (before !== undefined) {
    query = query.where(
      sql<boolean>`(date_trunc('milliseconds', created_at), run_id) < (${before.createdAt}, ${before.runId}::uuid)`,
    );
  }
  const rows = await query
    .orderBy(sql`date_trunc('milliseconds', created_at)`, 'desc')
    .orderBy('runId', 'desc')
    .limit(page.limit)
    .execute();
  return rows.map(asRun);
}

export async function readRun(database: Database, projectId: string, runId: string): Promise<OptimizerRun | null> {
  const row = await database
    .selectFrom('optimizerRun')
    .select(COLUMNS)
    .where('projectId', '=', projectId)
    .where('runId', '=', runId)
    .executeTakeFirst();
  return row === undefined ? null : asRun(row);
}

/** Stores where the run stands. Throws `conflict` when the lease was lost. */
export async function saveProgress(database: Database, run: ClaimedRun, progress: RunProgress): Promise<void> {
  await writeUnderFence(database, run, { progress: jsonText(progress) });
}

/** How long each step took in the last runs that were done, in milliseconds, newest run first. */
export async function readStepTimes(database: Database, projectId: string): Promise<RunProgress['took'][]> {
  const rows = await database
    .selectFrom('optimizerRun')
    .select('progress')
    .where('projectId', '=', projectId)
    .where('status', '=', 'done')
    .orderBy('createdAt', 'desc')
    .limit(STEP_TIMES_RUNS)
    .execute();
  return rows.map((row) => runProgressSchema.parse(row.progress).took);
}

async function writeUnderFence(database: Database, run: ClaimedRun, update: Record<string, unknown>): Promise<void> {
  const written = await database
    .updateTable('optimizerRun')
    .set(update)
    .where('runId', '=', run.runId)
    .where('fence', '=', run.fence)
    .where('status', '=', 'running')
    .executeTakeFirst();
  if (written.numUpdatedRows === 0n) {
    throw leaseLost(run);
  }
}

function asRun(
  row: Omit<OptimizerRun, 'status' | 'checkpoint' | 'summary' | 'progress'> & {
    readonly progress: unknown;
    readonly status: string;
    readonly checkpoint: unknown;
    readonly summary: unknown;
  },
): OptimizerRun {
  return {
    ...row,
    status: row.status as RunStatus,
    checkpoint: jsonObject.parse(row.checkpoint),
    summary: jsonObject.parse(row.summary),
    progress: runProgressSchema.parse(row.progress),
  };
}
