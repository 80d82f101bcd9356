import type { ClientRetry } from '#shared/database/find-client-retries.ts';
import type { CallStatus } from '#shared/domain/call.ts';
import type { FaultOwner, Score } from '#shared/domain/score.ts';
import { formatExplanation } from '#shared/domain/score-explanation.ts';

/** Id of the rows that say that a client asked again. */
const CLIENT_RETRY_SCORER = 'client_retry';
const VERSION = '1';

/** What is known of the answer with which the client did not go on. */
interface UnusedAnswer {
  readonly status: CallStatus;
  /** False where a whole answer had nothing in it that a client could go on with. */
  readonly hasContent: boolean;
}

/**
 * The row of a call whose client sent the same conversation again. It says whose doing that was, as far as the first
 * answer shows it; it is a warning, because what went wrong is a check of its own where it can be told.
 */
export function clientRetryRow(
  key: { readonly projectId: string; readonly callId: string },
  answer: UnusedAnswer,
  retry: ClientRetry,
): Score {
  const isFallback = retry.wasStreamed && !retry.isStreamed;
  const explanation = formatExplanation({
    expectedVsActual: `answer taken -> asked again ${isFallback ? 'without a stream' : 'in the same way'}`,
    detail: isFallback
      ? 'the client fell back to asking without a stream'
      : 'the client sent the same conversation again instead of going on',
  });
  return {
    ...key,
    subjectType: 'call',
    subjectId: key.callId,
    scorer: CLIENT_RETRY_SCORER,
    scorerVersion: VERSION,
    pass: 'outcome',
    sample: 0,
    metric: 'taskCompletion',
    status: 'scored',
    outcome: 'fail',
    value: 0,
    owner: ownerOf(answer),
    severity: 'warning',
    confidence: null,
    samplingProbability: 1,
    evidence: [{ pointer: '/nextRequest', quote: retry.callId }],
    explanation,
    judge: null,
    costUsd: 0,
  };
}

function ownerOf({ status, hasContent }: UnusedAnswer): FaultOwner {
  if (status === 'client_cancelled') return 'client';
  return status === 'ok' && hasContent ? 'client' : 'provider';
}
