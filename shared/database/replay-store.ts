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
  durationMs: z.number().nullable(),
  inputTokens: z.number().nullable(),
  outputTokens: z.number().nullable(),
  /** Why there is no score; null for a replay that was scored. */
  error: z.string().nullable(),
});

export type ReplayResult = z.infer<typeof replayResultSchema>;
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
}

export interface Replay extends NewReplay {
  readonly status: ReplayStatus;
  readonly result: ReplayResult | null;
  readonly costUsd: number;
}

const COLUMNS = [
  'replayId',
  'projectId',
  'promptRunId',
  'callId',
  'model',
  'prefixId',
  'scorerSet',
  'sample',
  'status',
  'result',
  'costUsd',
] as const;

const rowSchema = z.object({
  status: z.enum(['pending', 'done', 'error']),
  result: replayResultSchema.nullable(),
});

/** Creates the rows that are missing; those that are there, finished ones included, stay. Enqueue the jobs after it. */
export async function createReplays(database: Database, replays: readonly NewReplay[]): Promise<void> {
  if (replays.length === 0) return;
  await database
    .insertInto('replay')
    .values([...replays])
    .onConflict((conflict) => conflict.column('replayId').doNothing())
    .execute();
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
    readonly result: ReplayResult;
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
