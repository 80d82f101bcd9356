import { sql } from 'kysely';
import { storableText } from './columns.ts';
import type { Database } from './connect.ts';

/** What a session took, or with an `agentId` a sub-agent of it. */
export interface EffortRow {
  readonly projectId: string;
  readonly sessionId: string;
  /** Empty for the whole session, its sub-agents included. */
  readonly agentId: string;
  readonly parentAgentId: string | null;
  readonly turnShape: string;
  readonly calls: number;
  readonly tokens: number;
  readonly redundantReads: number;
  readonly repeatedCalls: number;
  readonly failedCalls: number;
  readonly wastedCalls: number;
}

/** Sessions that one is compared with, the newest of its kind: models and clients change. */
const LIKE_SESSIONS_MAX = 500;

/** Rows of one statement, which has room for some five thousand of their width. */
const ROWS_PER_STATEMENT = 1_000;

/** Keeps the effort of a session's parts as they stand now, each once. */
export async function writeEfforts(database: Database, rows: readonly EffortRow[], measuredAt: Date): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    await insertEfforts(database, rows.slice(from, from + ROWS_PER_STATEMENT), measuredAt);
  }
}

async function insertEfforts(database: Database, rows: readonly EffortRow[], measuredAt: Date): Promise<void> {
  await database
    .insertInto('sessionEffort')
    .values(
      rows.map((row) => ({
        ...row,
        sessionId: storableText(row.sessionId),
        agentId: storableText(row.agentId),
        parentAgentId: row.parentAgentId === null ? null : storableText(row.parentAgentId),
        measuredAt,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['projectId', 'sessionId', 'agentId']).doUpdateSet(({ ref }) => ({
        parentAgentId: ref('excluded.parentAgentId'),
        turnShape: ref('excluded.turnShape'),
        calls: ref('excluded.calls'),
        tokens: ref('excluded.tokens'),
        redundantReads: ref('excluded.redundantReads'),
        repeatedCalls: ref('excluded.repeatedCalls'),
        failedCalls: ref('excluded.failedCalls'),
        wastedCalls: ref('excluded.wastedCalls'),
        measuredAt: ref('excluded.measuredAt'),
      })),
    )
    .execute();
}

/** The median effort of the newest sessions, or sub-agents, of a turn shape; of those of other sessions. */
export async function readLikeEfforts(
  database: Database,
  like: {
    readonly projectId: string;
    readonly turnShape: string;
    readonly isAgent: boolean;
    readonly exceptSessionId: string;
  },
): Promise<{ readonly sessions: number; readonly medianCalls: number; readonly medianTokens: number } | null> {
  const { rows } = await sql<{ sessions: number; medianCalls: number | null; medianTokens: number | null }>`
    SELECT count(*) AS sessions, percentile_cont(0.5) WITHIN GROUP (ORDER BY calls) AS "medianCalls",
      percentile_cont(0.5) WITHIN GROUP (ORDER BY tokens) AS "medianTokens"
    FROM (
      SELECT calls, tokens FROM session_effort
      WHERE project_id = ${like.projectId} AND turn_shape = ${storableText(like.turnShape)}
        AND (agent_id <> '') = ${like.isAgent} AND session_id <> ${storableText(like.exceptSessionId)}
      ORDER BY measured_at DESC LIMIT ${LIKE_SESSIONS_MAX}
    ) AS newest`.execute(database);
  const [row] = rows;
  if (row === undefined || row.medianCalls === null || row.medianTokens === null) return null;
  return { sessions: Number(row.sessions), medianCalls: row.medianCalls, medianTokens: row.medianTokens };
}

/** The efforts of a session: its own first, then those of its sub-agents. */
export async function readEfforts(
  database: Database,
  projectId: string,
  sessionId: string,
): Promise<readonly EffortRow[]> {
  return await database
    .selectFrom('sessionEffort')
    .select([
      'projectId',
      'sessionId',
      'agentId',
      'parentAgentId',
      'turnShape',
      'calls',
      'tokens',
      'redundantReads',
      'repeatedCalls',
      'failedCalls',
      'wastedCalls',
    ])
    .where('projectId', '=', projectId)
    .where('sessionId', '=', storableText(sessionId))
    .orderBy('agentId')
    .execute();
}
