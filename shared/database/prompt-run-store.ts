import { sql } from 'kysely';
import { jsonText } from './columns.ts';
import type { Database } from './connect.ts';

/** Where a search for a better prefix stands; all but the first are final. */
export type PromptRunStatus = 'running' | 'accepted' | 'rejected' | 'failed' | 'cancelled';

export interface PromptRun {
  readonly promptRunId: string;
  readonly projectId: string;
  /** The run of the optimizer that works on it. */
  readonly runId: string | null;
  readonly clusterId: string | null;
  readonly optimizer: string;
  readonly status: PromptRunStatus;
  readonly seedPrefixId: string | null;
  readonly candidatePrefixId: string | null;
  /** Parse these: they are as old as they may be. */
  readonly settings: unknown;
  readonly plan: unknown;
  readonly progress: unknown;
  readonly result: unknown;
  readonly budgetUsd: number | null;
  readonly costUsd: number;
  /** Steps of the search that are written down. */
  readonly tells: number;
  readonly cancelledBy: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly finishedAt: Date | null;
}

export interface NewPromptRun {
  readonly projectId: string;
  readonly runId: string;
  readonly clusterId: string;
  readonly optimizer: string;
  readonly seedPrefixId: string | null;
  readonly settings: unknown;
  readonly plan: unknown;
  readonly budgetUsd: number;
}

const COLUMNS = [
  'promptRunId',
  'projectId',
  'runId',
  'clusterId',
  'optimizer',
  'status',
  'seedPrefixId',
  'candidatePrefixId',
  'settings',
  'plan',
  'progress',
  'result',
  'budgetUsd',
  'costUsd',
  'tells',
  'cancelledBy',
  'createdAt',
  'updatedAt',
  'finishedAt',
] as const;

type Row = Omit<PromptRun, 'status'> & { readonly status: string };
const asRun = (row: Row): PromptRun => ({ ...row, status: row.status as PromptRunStatus });

export async function createPromptRun(database: Database, run: NewPromptRun): Promise<PromptRun> {
  const row = await database
    .insertInto('promptRun')
    .values({
      ...run,
      promptRunId: sql`gen_random_uuid()`,
      status: 'running',
      candidatePrefixId: null,
      state: jsonText({}),
      settings: jsonText(run.settings),
      plan: jsonText(run.plan),
    })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
  return asRun(row);
}

/** The optimizer's state as it was written; null before its first step. */
export async function readStepperState(
  database: Database,
  projectId: string,
  promptRunId: string,
): Promise<string | null> {
  const row = await database
    .selectFrom('promptRun')
    .select('stepper')
    .where('projectId', '=', projectId)
    .where('promptRunId', '=', promptRunId)
    .executeTakeFirst();
  return row?.stepper ?? null;
}

/**
 * Stores one step of a search; durable when it resolves.
 *
 * @returns false when the search must not go on: somebody has cancelled it, or it has ended
 */
export async function saveStep(
  database: Database,
  promptRunId: string,
  step: { readonly stepper: string; readonly tells: number; readonly progress: unknown; readonly costUsd: number },
): Promise<boolean> {
  const saved = await database
    .updateTable('promptRun')
    .set({ ...step, progress: jsonText(step.progress), updatedAt: sql<Date>`now()` })
    .where('promptRunId', '=', promptRunId)
    .where('status', '=', 'running')
    .returning('cancelledBy')
    .executeTakeFirst();
  return saved !== undefined && saved.cancelledBy === null;
}

/** Ends a search. False when it had ended before. */
export async function finishPromptRun(
  database: Database,
  promptRunId: string,
  end: {
    readonly status: Exclude<PromptRunStatus, 'running'>;
    readonly result: unknown;
    readonly costUsd: number;
    readonly candidatePrefixId: string | null;
  },
): Promise<boolean> {
  const ended = await database
    .updateTable('promptRun')
    .set({ ...end, result: jsonText(end.result), updatedAt: sql<Date>`now()`, finishedAt: sql<Date>`now()` })
    .where('promptRunId', '=', promptRunId)
    .where('status', '=', 'running')
    .executeTakeFirst();
  return ended.numUpdatedRows > 0n;
}

/** Asks for an end; whoever works on the search ends it before its next step. False when it has ended. */
export async function cancelPromptRun(
  database: Database,
  projectId: string,
  promptRunId: string,
  actor: string,
): Promise<boolean> {
  const asked = await database
    .updateTable('promptRun')
    .set({ cancelledBy: actor })
    .where('projectId', '=', projectId)
    .where('promptRunId', '=', promptRunId)
    .where('status', '=', 'running')
    .executeTakeFirst();
  return asked.numUpdatedRows > 0n;
}

export async function readPromptRun(
  database: Database,
  projectId: string,
  promptRunId: string,
): Promise<PromptRun | null> {
  const row = await database
    .selectFrom('promptRun')
    .select(COLUMNS)
    .where('projectId', '=', projectId)
    .where('promptRunId', '=', promptRunId)
    .executeTakeFirst();
  return row === undefined ? null : asRun(row);
}

/** Those of one run of the optimizer, in the order in which it works on them. */
export async function readPromptRunsOf(database: Database, projectId: string, runId: string): Promise<PromptRun[]> {
  const rows = await database
    .selectFrom('promptRun')
    .select(COLUMNS)
    .where('projectId', '=', projectId)
    .where('runId', '=', runId)
    .orderBy('createdAt')
    .orderBy('promptRunId')
    .execute();
  return rows.map(asRun);
}

/** Searches since a moment, newest first: a cure that failed yesterday is not tried again today. */
export async function readPromptRuns(database: Database, projectId: string, since: Date): Promise<PromptRun[]> {
  const rows = await database
    .selectFrom('promptRun')
    .select(COLUMNS)
    .where('projectId', '=', projectId)
    .where('createdAt', '>=', since)
    .orderBy('createdAt', 'desc')
    .orderBy('promptRunId')
    .execute();
  return rows.map(asRun);
}

/** Newest first, before a moment of creation and an id. */
export async function listPromptRuns(
  database: Database,
  projectId: string,
  page: {
    readonly before?: { readonly createdAt: Date; readonly promptRunId: string } | undefined;
    readonly limit: number;
    readonly clusterId?: string | undefined;
  },
): Promise<PromptRun[]> {
  let query = database.selectFrom('promptRun').select(COLUMNS).where('projectId', '=', projectId);
  const { before, clusterId } = page;
  if (clusterId !== undefined) query = query.where('clusterId', '=', clusterId);
  if (before !== undefined) {
    query = query.where(
      sql<boolean>`(date_trunc('milliseconds', created_at), prompt_run_id) < (${before.createdAt}, ${before.promptRunId}::uuid)`,
    );
  }
  const rows = await query
    .orderBy(sql`date_trunc('milliseconds', created_at)`, 'desc')
    .orderBy('promptRunId', 'desc')
    .limit(page.limit)
    .execute();
  return rows.map(asRun);
}

/** Whether a policy with the prefix was tried and did not stay: its rollout ended otherwise, or it was rolled back. */
export async function wasPrefixTurnedDown(database: Database, projectId: string, prefixId: string): Promise<boolean> {
  const found = await sql<{ found: boolean }>`
    SELECT EXISTS (
      SELECT 1 FROM policy LEFT JOIN policy_pointer pointer USING (project_id)
      LEFT JOIN rollout ON rollout.project_id = policy.project_id AND rollout.candidate = policy.policy_id
      WHERE policy.project_id = ${projectId} AND position(${prefixId} IN policy.body::text) > 0
        AND (policy.policy_id = ANY (pointer.revoked) OR rollout.status IN ('rolled_back', 'inconclusive', 'aborted'))
    ) AS found`.execute(database);
  return found.rows[0]?.found ?? false;
}

/** The version of the scorer set that evaluators use now; null before the first call was scored. */
export async function readScorerSet(database: Database, projectId: string): Promise<string | null> {
  const row = await database
    .selectFrom('scoringRun')
    .select('scorerSet')
    .where('projectId', '=', projectId)
    // Scorers of the operator's own have runs, and are no part of the set.
    .where('scorerSet', 'not like', 'custom:%')
    .orderBy('callId', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.scorerSet ?? null;
}
