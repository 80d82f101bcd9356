import { type SqlBool, sql } from 'kysely';
import type { Call } from '../domain/call.ts';
import { parseTurnShape } from '../domain/turn-shape.ts';
import { storableText } from './columns.ts';
import type { Database } from './connect.ts';

/** Columns of a session that its first call decides, whichever call happens to be stored first. */
const FIRST_CALL_COLUMNS = ['source', 'firstCallId', 'startedAt', 'keyId', 'developer', 'repo'] as const;

/**
 * Columns that its main call decides: the first one with tools on offer, or the first one where none has any. An agent
 * begins a session with side questions (a title, whether the topic is new), often to another model, and all without
 * tools; what the session was about, and how well it went, is its conversation with tools. The client decides this
 * before anything is answered, so that arms of a rollout are told apart by nothing that came of them.
 */
const MAIN_CALL_COLUMNS = [
  'mainCallId',
  'turnShape',
  'model',
  'provider',
  'policyId',
  'epoch',
  'rolloutId',
  'variant',
] as const;

/**
 * Adds newly stored calls to their sessions. Give every call once: what counts them cannot know a call again. A new
 * call opens a closed session, because its quality is about to change.
 */
export async function addCallsToSessions(transaction: Database, calls: readonly Call[]): Promise<void> {
  if (calls.length === 0) return;
  const sessions = Map.groupBy(calls, (call) => `${call.projectId}\u0000${call.sessionId}`);
  const rows = [...sessions]
    // Always in the same order, so that two gateways wait for each other instead of locking each other out.
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, members]) => rowOfSession(members));
  await transaction
    .insertInto('session')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['projectId', 'sessionId']).doUpdateSet((builder) => ({
        ...columnsIf(IS_EARLIER, FIRST_CALL_COLUMNS),
        ...columnsIf(IS_MAIN, MAIN_CALL_COLUMNS),
        lastCallId: sql<string>`greatest(session.last_call_id, excluded.last_call_id)`,
        lastCallAt: sql<Date>`greatest(session.last_call_at, excluded.last_call_at)`,
        callCount: builder('session.callCount', '+', builder.ref('excluded.callCount')),
        costUsd: builder('session.costUsd', '+', builder.ref('excluded.costUsd')),
        closedAt: null,
      })),
    )
    .execute();
}

/** Calls can be stored out of order, by different gateways: an earlier first call takes its columns over. */
const IS_EARLIER = sql<SqlBool>`excluded.first_call_id < session.first_call_id`;

/** The same of the main call; sessions from before it was written down have their first one. */
const IS_MAIN = sql<SqlBool>`CASE
  WHEN (excluded.turn_shape LIKE '%-none-%') = (session.turn_shape LIKE '%-none-%')
    THEN excluded.main_call_id < coalesce(session.main_call_id, session.first_call_id)
  ELSE session.turn_shape LIKE '%-none-%' END`;

function columnsIf(takesOver: typeof IS_EARLIER, columns: readonly string[]) {
  const choose = (column: string) =>
    sql`CASE WHEN ${takesOver} THEN ${sql.ref(`excluded.${column}`)} ELSE ${sql.ref(`session.${column}`)} END`;
  return Object.fromEntries(columns.map((column) => [column, choose(column)]));
}

function rowOfSession(calls: readonly Call[]) {
  const first = earliestOf(calls);
  const withTools = calls.filter(({ turnShape }) => parseTurnShape(turnShape)?.tools !== 'none');
  const last = calls.reduce((latest, call) => (call.callId > latest.callId ? call : latest));
  return {
    ...rowOfFirstCall(first),
    ...rowOfMainCall(withTools.length > 0 ? earliestOf(withTools) : first),
    lastCallId: last.callId,
    lastCallAt: new Date(last.startedAt + last.durationMs),
    callCount: calls.length,
    costUsd: calls.reduce((sum, call) => sum + (call.costUsd ?? 0), 0),
  };
}

function earliestOf(calls: readonly Call[]): Call {
  return calls.reduce((earliest, call) => (call.callId < earliest.callId ? call : earliest));
}

function rowOfFirstCall(first: Call) {
  return {
    projectId: first.projectId,
    sessionId: storableText(first.sessionId),
    source: first.sessionSource,
    firstCallId: first.callId,
    startedAt: new Date(first.startedAt),
    keyId: first.keyId,
    developer: nullableText(first.developer),
    repo: nullableText(first.repo),
  };
}

function rowOfMainCall(main: Call) {
  const { callId: mainCallId, turnShape, policyId, epoch, rolloutId, variant } = main;
  return { mainCallId, turnShape, ...routedTo(main), policyId, epoch, rolloutId, variant };
}

/**
 * The first attempt is what the policy chose. A session that a fallback had to save is the chosen model's, or the
 * failures of a model would count for the one that stepped in, and what is left would make it look good.
 */
function routedTo(call: Call): { readonly model: string | null; readonly provider: string | null } {
  const chosen = call.attempts[0];
  return {
    // The allow-listed id; the name in the reply may be another one for the same model.
    model: nullableText(chosen?.model ?? call.responseModel ?? call.requestModel),
    provider: nullableText(chosen?.provider ?? call.provider),
  };
}

function nullableText(text: string | null): string | null {
  return text === null ? null : storableText(text);
}
