import { loadCall } from '#shared/database/load-call.ts';
import { readSessionScores, type StoredQualityScore, writeSessionScores } from '#shared/database/score-store.ts';
import type { OpenSession, SessionCall } from '#shared/database/session-closing.ts';
import type { EvaluatorDeps } from '../evaluator-deps.ts';
import { createScoringSubject } from '../scorers/scoring-subject.ts';
import type { Triage } from './create-triage.ts';
import { triageOf, triageRow, triageSubject } from './triage-call.ts';
import type { TriageSubject } from './triage-features.ts';

/** Gives a session that is over its chance of success, from the last call of its main conversation. */
export async function triageSession(
  deps: Pick<EvaluatorDeps, 'database' | 'now'> & { readonly triage: Triage },
  session: OpenSession,
  calls: readonly SessionCall[],
): Promise<void> {
  const { projectId, sessionId, firstCallId } = session;
  // Sub-agents have conversations of their own; the last call of the main one holds the whole of it.
  const last = calls.findLast((call) => call.agentId === null) ?? calls.at(-1);
  const stored = last === undefined ? null : await loadCall(deps.database, projectId, last.callId);
  if (stored === null) return;
  const callIds = calls.map(({ callId }) => callId);
  const checks = countStoredChecks(await readSessionScores(deps.database, projectId, sessionId, callIds));
  const subject = triageSubject('call', createScoringSubject(stored, null), checks);
  if (subject === null) return;
  const model = await deps.triage.model(projectId);
  const key = {
    projectId,
    callId: firstCallId,
    subjectType: 'session',
    subjectId: sessionId,
    pass: 'session',
  } as const;
  await writeSessionScores(deps.database, [triageRow(key, model, triageOf(model, subject))], new Date(deps.now()));
}

/** Failures of checks that the model answers for, in rows as they are kept. */
export function countStoredChecks(scores: readonly StoredQualityScore[]): TriageSubject['checks'] {
  const failed = scores.filter(
    ({ subjectType, outcome, owner, judge }) =>
      subjectType === 'call' && outcome === 'fail' && owner === 'provider' && judge === null,
  );
  return {
    errors: failed.filter(({ severity }) => severity === 'fatal' || severity === 'error').length,
    warnings: failed.filter(({ severity }) => severity === 'warning').length,
  };
}
