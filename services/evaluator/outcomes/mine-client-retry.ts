import type { Database } from '#shared/database/connect.ts';
import { findClientRetry } from '#shared/database/find-client-retry.ts';
import type { Score } from '#shared/domain/score.ts';
import type { ScoringSubject } from '../scorers/scoring-subject.ts';
import { clientRetryRow } from './client-retry.ts';

/** Looks, once it is clear what became of a call, whether its client asked again instead of going on. */
export async function mineClientRetry(
  database: Database,
  key: { readonly projectId: string; readonly callId: string },
  subject: ScoringSubject,
): Promise<readonly Score[]> {
  const retry = await findClientRetry(database, key.projectId, key.callId);
  if (retry === null) return [];
  const { delivered, status } = subject;
  const hasContent = delivered !== null && (delivered.toolCalls.length > 0 || delivered.hasOtherContent);
  const { projectId, callId } = key;
  return [clientRetryRow({ projectId, callId }, { status, hasContent }, retry)];
}
