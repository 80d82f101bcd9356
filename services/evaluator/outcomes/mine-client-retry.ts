import type { ClientRetry } from '#shared/database/find-client-retries.ts';
import type { Score } from '#shared/domain/score.ts';
import type { ScoringSubject } from '../scorers/scoring-subject.ts';
import { clientRetryRow } from './client-retry.ts';

/** The row of a call whose client asked again instead of going on; none when it did not. */
export function mineClientRetry(
  { projectId, callId }: { readonly projectId: string; readonly callId: string },
  subject: ScoringSubject,
  retry: ClientRetry | null,
): readonly Score[] {
  if (retry === null) return [];
  const { delivered, status } = subject;
  const hasContent = delivered !== null && (delivered.toolCalls.length > 0 || delivered.hasOtherContent);
  return [clientRetryRow({ projectId, callId }, { status, hasContent }, retry)];
}
