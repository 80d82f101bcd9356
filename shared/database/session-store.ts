import { type SqlBool, sql } from 'kysely';
import type { Call } from '../domain/call.ts';
import { storableText } from './columns.ts';
import type { Database } from './connect.ts';

/** Columns of a session that its first call decides, whichever call happens to be stored first. */
const FIRST_CALL_COLUMNS = [
  'source',
  'firstCallId',
  'startedAt',
  'keyId',
  'developer',
  'repo',
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
        ...firstCallColumns(),
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
function firstCallColumns() {
  const isEarlier = sql<SqlBool>`excluded.first_call_id < session.first_call_id`;
  const choose = (column: string) =>
    sql`CASE WHEN ${isEarlier} THEN ${sql.ref(`excluded.${column}`)} ELSE ${sql.ref(`session.${column}`)} END`;
  return Object.fromEntries(FIRST_CALL_COLUMNS.map((column) => [column, choose(column)]));
}

function rowOfSession(calls: readonly Call[]) {
  const first = calls.reduce((earliest, call) => (call.callId < earliest.callId ? call : earliest));
  const last = calls.reduce((latest, call) => (call.callId > latest.callId ? call : latest));
  return {
    ...rowOfFirstCall(first),
    lastCallId: last.callId,
    lastCallAt: new Date(last.startedAt + last.durationMs),
    callCount: calls.length,
    costUsd: calls.reduce((sum, call) => sum + (call.costUsd ?? 0), 0),
  };
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
    turnShape: first.turnShape,
    ...routedTo(first),
    policyId: first.policyId,
    epoch: first.epoch,
    rolloutId: first.rolloutId,
    variant: first.variant,
  };
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
