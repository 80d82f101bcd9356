import { sql } from 'kysely';
import * as z from 'zod';
import { jsonText } from './columns.ts';
import type { Database } from './connect.ts';

/** What one replayed call came to. An error is no score of zero: it has no scores. */
export const replayResultSchema = z.object({
  toolUse: z.number().min(0).max(1).nullable(),
  fidelity: z.number().min(0).max(1).nullable(),
  /** Outcome of every scorer that ran, by its id. */
  outcomes: z.record(z.string(), z.enum(['pass', 'fail', 'not_applicable', 'unknown'])),
  /** Failures with owner and bucketed explanation, to compare with the cluster's. */
  failures: z.array(
    z.object({ scorer: z.string(), owner: z.string(), severity: z.string(), expectedVsActual: z.string() }),
  ),
  stopReason: z.string().nullable(),
  /** Tool calls of the answer; null for results from before they were counted. */
  toolCalls: z.int().nonnegative().nullable().default(null),
  /** What a judge says by the replay's rubric; null where none was asked. */
  judged: z
    .object({ value: z.number().min(0).max(1), explanation: z.string() })
    .nullable()
    .default(null),
  /** Of the replay's cost, what the judge took. */
  judgeCostUsd: z.number().nonnegative().default(0),
  durationMs: z.number().nullable(),
  inputTokens: z.number().nullable(),
  outputTokens: z.number().nullable(),
  /** Why there is no score; null for a replay that was scored. */
  error: z.string().nullable(),
});

export type ReplayResult = z.output<typeof replayResultSchema>;
type ReplayStatus = 'pending' | 'done' | 'error';

/** A stored call to be sent again with a candidate prefix. */
export interface NewReplay {
  /** `replayJobId` of its parts: the same replay asked for twice is one row and one job. */
  readonly replayId: string;
  readonly projectId: string;
  readonly promptRunId: string | null;
  readonly callId: string;
  readonly model: string;
  /** Null: without any prefix. */
  readonly prefixId: string | null;
  readonly scorerSet: string;
  readonly sample: number;
  /** Rubric by which a judge scores the answer as well; deterministic scorers alone when it is null or absent. */
  readonly rubric?: string | null;
}

export interface Replay extends NewReplay {
  readonly rubric: string | null;
  readonly status: ReplayStatus;
  readonly result: ReplayResult | null;
  readonly costUsd: number;
}

/** Rows of one statement, well below the number of parameters that PostgreSQL takes. */
const INSERT_ROWS_MAX = 500;

const COLUMNS = [
  'replayId',
  'projectId',
  'promptRunId',
  'callId',
  'model',
  'prefixId',
  'scorerSet',
  'sample',
  'rubric',
  'status',
  'result',
  'costUsd',
] as const;

const rowSchema = z.object({
  status: z.enum(['pending', 'done', 'error']),
  result: replayResultSchema.nullable(),
});

/**
 * Creates the rows that are missing; those that are there, finished ones included, stay: what was paid for once is not
 * paid for again. Only an error that another search met is tried anew. Enqueue the jobs after it.
 */
export async function createReplays(database: Database, replays: readonly NewReplay[]): Promise<void> {
  for (let at = 0; at < replays.length; at += INSERT_ROWS_MAX) {
    await database
      .insertInto('replay')
      .values(replays.slice(at, at + INSERT_ROWS_MAX))
      .onConflict((conflict) =>
        conflict
          .column('replayId')
          .doUpdateSet({ status: 'pending', result: null, finishedAt: null, promptRunId: sql`excluded.prompt_run_id` })
          .where('replay.status', '=', 'error')
          .where(sql<boolean>`replay.prompt_run_id IS DISTINCT FROM excluded.prompt_run_id`)
          // The caller's own row alone: ids are hashes, and a project must not reach another one's.
          .where(sql<boolean>`replay.project_id = excluded.project_id`),
      )
      .execute();
  }
}

export async function readReplay(database: Database, projectId: string, replayId: string): Promise<Replay | null> {
  const row = await database
    .selectFrom('replay')
    .select(COLUMNS)
    .where('projectId', '=', projectId)
    .where('replayId', '=', replayId)
    .executeTakeFirst();
  return row === undefined ? null : { ...row, ...rowSchema.parse(row) };
}

/** Replays by their ids, in no particular order. */
export async function listReplays(
  database: Database,
  projectId: string,
  replayIds: readonly string[],
): Promise<readonly Replay[]> {
  if (replayIds.length === 0) return [];
  const rows = await database
    .selectFrom('replay')
    .select(COLUMNS)
    .where('projectId', '=', projectId)
    .where('replayId', 'in', [...replayIds])
    .execute();
  return rows.map((row) => ({ ...row, ...rowSchema.parse(row) }));
}

/** Of these replays, those that are done or have failed. */
export async function readFinishedReplays(
  database: Database,
  replayIds: readonly string[],
): Promise<readonly Replay[]> {
  if (replayIds.length === 0) return [];
  const rows = await database
    .selectFrom('replay')
    .select(COLUMNS)
    .where(sql<boolean>`replay_id = ANY(${[...replayIds]}::text[])`)
    .where('status', '<>', 'pending')
    .execute();
  return rows.map((row) => ({ ...row, ...rowSchema.parse(row) }));
}

/** Gives up what a search still waits for; returns how many replays. */
export async function abandonReplays(
  database: Database,
  projectId: string,
  promptRunId: string,
  reason: string,
): Promise<number> {
  const result = replayResultSchema.parse({
    ...{ toolUse: null, fidelity: null, outcomes: {}, failures: [], stopReason: null },
    ...{ durationMs: null, inputTokens: null, outputTokens: null, error: reason },
  });
  const { numUpdatedRows } = await database
    .updateTable('replay')
    .set({ status: 'error', result: jsonText(result), finishedAt: sql<Date>`now()` })
    .where('projectId', '=', projectId)
    .where('promptRunId', '=', promptRunId)
    .where('status', '=', 'pending')
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/**
 * Finishes a replay; of two deliveries the first stands.
 *
 * @returns whether this one finished it
 */
export async function finishReplay(
  database: Database,
  finished: {
    readonly projectId: string;
    readonly replayId: string;
    readonly result: z.input<typeof replayResultSchema>;
    readonly costUsd: number;
    readonly finishedAt: Date;
  },
): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('replay')
    .set({
      status: finished.result.error === null ? 'done' : 'error',
      result: jsonText(finished.result),
      costUsd: finished.costUsd,
      finishedAt: finished.finishedAt,
    })
    .where('projectId', '=', finished.projectId)
    .where('replayId', '=', finished.replayId)
    .where('status', '=', 'pending')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** The text of a prefix, or null when there is none with this id. */
export async function readPrefixText(database: Database, projectId: string, prefixId: string): Promise<string | null> {
  const row = await database
    .selectFrom('prefix')
    .select('body')
    .where('projectId', '=', projectId)
    .where('prefixId', '=', prefixId)
    .executeTakeFirst();
  return row?.body ?? null;
}
