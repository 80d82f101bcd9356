import { sql } from 'kysely';
import type { SampledQuality } from '../domain/session-quality.ts';
import { storableText } from './columns.ts';
import type { Database } from './connect.ts';

/** An open session as closing sees it. */
export interface OpenSession {
  readonly projectId: string;
  readonly sessionId: string;
  readonly firstCallId: string;
  readonly lastCallId: string;
  readonly startedAt: Date;
  readonly lastCallAt: Date;
  readonly turnShape: string;
  /** When it was closed before, if a later call opened it again. */
  readonly qualityAt: Date | null;
}

/** What closing has to know of each call; the content stays where it is. */
export interface SessionCall {
  readonly callId: string;
  readonly parentCallId: string | null;
  readonly agentId: string | null;
  readonly parentAgentId: string | null;
  readonly turnShape: string;
  /** All that were read and written, from the cache or not; 0 where the upstream did not say. */
  readonly tokens: number;
  readonly status: string;
  readonly errorType: string | null;
  readonly stopReason: string | null;
}

const COLUMNS = [
  'projectId',
  'sessionId',
  'firstCallId',
  'lastCallId',
  'startedAt',
  'lastCallAt',
  'turnShape',
  'qualityAt',
] as const;

/**
 * Open sessions without a call since `idleSince`, or that began before `startedBefore` and were never closed; longest
 * idle first. A session that goes on after its closing is closed again only when it is idle.
 */
export async function findSessionsToClose(
  database: Database,
  options: { readonly idleSince: Date; readonly startedBefore: Date; readonly limit: number },
): Promise<readonly OpenSession[]> {
  return await database
    .selectFrom('session')
    .select(COLUMNS)
    .where('closedAt', 'is', null)
    .where((build) =>
      build.or([
        build('lastCallAt', '<=', options.idleSince),
        build.and([build('startedAt', '<=', options.startedBefore), build('qualityAt', 'is', null)]),
      ]),
    )
    .orderBy('lastCallAt')
    .limit(options.limit)
    .execute();
}

/** The session, or null when it does not exist or is closed. */
export async function readOpenSession(
  database: Database,
  projectId: string,
  sessionId: string,
): Promise<OpenSession | null> {
  const row = await database
    .selectFrom('session')
    .select(COLUMNS)
    .where('projectId', '=', projectId)
    .where('sessionId', '=', storableText(sessionId))
    .where('closedAt', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

/** The calls of a session in the order of their start, replays left out. */
export async function readSessionCalls(
  database: Database,
  projectId: string,
  sessionId: string,
): Promise<readonly SessionCall[]> {
  return await database
    .selectFrom('call')
    .select([
      ...([
        'callId',
        'parentCallId',
        'agentId',
        'parentAgentId',
        'turnShape',
        'status',
        'errorType',
        'stopReason',
      ] as const),
      sql<number>`coalesce(input_tokens, 0) + coalesce(cache_read_input_tokens, 0)
        + coalesce(cache_creation_input_tokens, 0) + coalesce(output_tokens, 0)`.as('tokens'),
    ])
    .where('projectId', '=', projectId)
    .where('sessionId', '=', storableText(sessionId))
    .where('source', '<>', 'replay')
    .orderBy('callId')
    .execute();
}

/**
 * Closes a session with its quality, unless another closing was first or a call came in since it was looked at.
 *
 * @returns whether this one closed it
 */
export async function closeSession(
  database: Database,
  closing: {
    readonly projectId: string;
    readonly sessionId: string;
    /** The last call that the quality covers. */
    readonly lastCallId: string;
    readonly quality: number | null;
    /** As sampled verdicts make it; absent where none was sampled. */
    readonly sampled?: SampledQuality | null;
    /** Without any judge. */
    readonly qualityByRule: number | null;
    /** Keys of the judges that had a say, whether they count or not. */
    readonly judgedBy: readonly string[];
    readonly hardFailure: boolean;
    readonly closedAt: Date;
  },
): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('session')
    .set({
      quality: closing.quality,
      qualityAt: closing.closedAt,
      // By the one clock that all evaluators share: alarms read on from the last moment that they have seen.
      ...(closing.quality === null ? {} : { firstScoredAt: sql`coalesce(first_scored_at, clock_timestamp())` }),
      hardFailure: closing.hardFailure,
      closedAt: closing.closedAt,
      qualityUnbounded: closing.sampled?.value ?? null,
      qualityLow: closing.sampled?.low ?? null,
      qualityHigh: closing.sampled?.high ?? null,
      qualityByRule: closing.qualityByRule,
      judgedBy: [...closing.judgedBy],
    })
    .where('projectId', '=', closing.projectId)
    .where('sessionId', '=', storableText(closing.sessionId))
    .where('lastCallId', '=', closing.lastCallId)
    .where('closedAt', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
