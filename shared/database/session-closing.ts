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
}

const COLUMNS = ['projectId', 'sessionId', 'firstCallId', 'lastCallId', 'startedAt', 'lastCallAt'] as const;

/** Open sessions without a call since `idleSince`, or that began before `startedBefore`; longest idle first. */
export async function findSessionsToClose(
  database: Database,
  options: { readonly idleSince: Date; readonly startedBefore: Date; readonly limit: number },
): Promise<readonly OpenSession[]> {
  return await database
    .selectFrom('session')
    .select(COLUMNS)
    .where('closedAt', 'is', null)
    .where((build) =>
      build.or([build('lastCallAt', '<=', options.idleSince), build('startedAt', '<=', options.startedBefore)]),
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

/**
 * Closes a session with its quality, once: of two closings the first stands.
 *
 * @returns whether this one closed it
 */
export async function closeSession(
  database: Database,
  closing: {
    readonly projectId: string;
    readonly sessionId: string;
    readonly quality: number | null;
    readonly hardFailure: boolean;
    readonly closedAt: Date;
  },
): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('session')
    .set({
      quality: closing.quality,
      qualityAt: closing.closedAt,
      hardFailure: closing.hardFailure,
      closedAt: closing.closedAt,
    })
    .where('projectId', '=', closing.projectId)
    .where('sessionId', '=', storableText(closing.sessionId))
    .where('closedAt', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
