import { sql } from 'kysely';
import type { FailureFacts } from '../domain/failure-cluster.ts';
import { type FaultOwner, faultOwnerSchema } from '../domain/score.ts';
import { storableText } from './columns.ts';
import type { Database } from './connect.ts';
import { IS_NO_LOSS_SCORE } from './loss-store.ts';
import { holdErasures } from './purge/erasure.ts';

/** A failing score that no failure event stands for yet, with the dimensions of its call. */
export interface NewFailure {
  readonly callId: string;
  readonly scorer: string;
  readonly pass: string;
  readonly metric: string;
  readonly owner: FaultOwner | null;
  readonly severity: string | null;
  readonly judged: boolean;
  readonly explanation: string | null;
  readonly scoredAt: Date;
  readonly sessionId: string;
  readonly provider: string | null;
  readonly model: string | null;
  readonly prefixId: string | null;
  readonly policyId: string | null;
  readonly turnShape: string;
  readonly repo: string | null;
  readonly happenedAt: Date;
}

export interface FailureToRecord {
  readonly failure: NewFailure;
  readonly facts: FailureFacts;
  readonly signature: string;
  readonly signatureAlgorithm: number;
}

/**
 * Failures of calls and sessions scored since a moment, oldest first. Client-owned faults and replays are left out
 * here, so that they are not read again at every look.
 */
export async function readNewFailures(
  database: Database,
  projectId: string,
  options: { readonly since: Date; readonly limit: number },
): Promise<NewFailure[]> {
  const rows = await database
    .selectFrom('score')
    .innerJoin('call', (join) =>
      join.onRef('call.callId', '=', 'score.callId').onRef('call.projectId', '=', 'score.projectId'),
    )
    .select([
      'score.callId',
      'score.scorer',
      'score.pass',
      'score.metric',
      'score.owner',
      'score.severity',
      'score.explanation',
      'score.createdAt as scoredAt',
      'call.sessionId',
      'call.provider',
      'call.prefixId',
      'call.policyId',
      'call.turnShape',
      'call.repo',
      'call.startedAt as happenedAt',
      sql<boolean>`score.judge IS NOT NULL`.as('judged'),
      sql<string | null>`coalesce(call.attempts -> -1 ->> 'model', call.response_model)`.as('model'),
    ])
    .where('score.projectId', '=', projectId)
    .where('score.outcome', '=', 'fail')
    .where('score.status', '=', 'scored')
    .where('score.createdAt', '>=', options.since)
    .where('call.source', '<>', 'replay')
    .where(IS_NO_LOSS_SCORE)
    // A row with neither severity nor judge is a metric: the sum of checks that have rows of their own.
    .where((build) => build.or([build('score.severity', 'is not', null), build('score.judge', 'is not', null)]))
    .where((build) =>
      build.or([
        build('score.owner', 'in', ['provider', 'gateway', 'tool']),
        build.and([build('score.owner', 'is', null), build('score.judge', 'is not', null)]),
      ]),
    )
    .where((build) =>
      build.not(
        build.exists(
          build
            .selectFrom('failureEvent')
            .select('failureEvent.callId')
            .whereRef('failureEvent.callId', '=', 'score.callId')
            .whereRef('failureEvent.projectId', '=', 'score.projectId')
            .whereRef('failureEvent.scorer', '=', 'score.scorer')
            .whereRef('failureEvent.pass', '=', 'score.pass'),
        ),
      ),
    )
    .orderBy('score.createdAt')
    .orderBy('score.callId')
    .limit(options.limit)
    .execute();
  return rows.map((row) => ({ ...row, owner: faultOwnerSchema.nullable().catch(null).parse(row.owner) }));
}

/**
 * Stores events and their templates in one transaction. Safe to repeat: an event is counted once, by its own key.
 * Returns how many were new, and the templates that they belong to.
 */
export async function recordFailures(
  database: Database,
  projectId: string,
  failures: readonly FailureToRecord[],
): Promise<{ readonly recorded: number; readonly templateIds: readonly string[] }> {
  // One order of signatures for all writers, so that two optimizers cannot lock templates crosswise.
  const ordered = [...failures].sort((a, b) => (a.signature < b.signature ? -1 : a.signature > b.signature ? 1 : 0));
  return await database.transaction().execute(async (transaction) => {
    let recorded = 0;
    const templateIds = new Set<string>();
    await holdErasures(transaction);
    const stored = await callsAmong(transaction, projectId, ordered);
    for (const entry of ordered) {
      // A call that was erased since its failure was read must not leave a template with its words.
      if (!stored.has(entry.failure.callId)) continue;
      const templateId = await upsertTemplate(transaction, projectId, entry);
      const inserted = await insertEvent(transaction, projectId, entry.failure, templateId);
      recorded += inserted;
      if (inserted > 0) templateIds.add(templateId);
    }
    return { recorded, templateIds: [...templateIds] };
  });
}

async function callsAmong(
  transaction: Database,
  projectId: string,
  entries: readonly FailureToRecord[],
): Promise<ReadonlySet<string>> {
  const rows = await transaction
    .selectFrom('call')
    .select('callId')
    .where('projectId', '=', projectId)
    .where('callId', '=', sql<string>`ANY(${entries.map(({ failure }) => failure.callId)}::uuid[])`)
    .execute();
  return new Set(rows.map(({ callId }) => callId));
}

async function upsertTemplate(transaction: Database, projectId: string, entry: FailureToRecord): Promise<string> {
  const { facts, failure } = entry;
  const row = await transaction
    .insertInto('failureTemplate')
    .values({
      templateId: sql`gen_random_uuid()`,
      projectId,
      signature: entry.signature,
      signatureAlgorithm: entry.signatureAlgorithm,
      stage: facts.stage,
      checkId: storableText(facts.check),
      turnShape: facts.turnShape,
      expectedVsActual: storableText(facts.expectedVsActual),
      template: storableText(facts.template),
      firstSeen: failure.happenedAt,
      lastSeen: failure.happenedAt,
    })
    .onConflict((conflict) =>
      conflict.columns(['projectId', 'signature']).doUpdateSet({
        firstSeen: sql`least(failure_template.first_seen, excluded.first_seen)`,
        lastSeen: sql`greatest(failure_template.last_seen, excluded.last_seen)`,
      }),
    )
    .returning('templateId')
    .executeTakeFirstOrThrow();
  return row.templateId;
}

async function insertEvent(
  transaction: Database,
  projectId: string,
  failure: NewFailure,
  templateId: string,
): Promise<number> {
  const { callId, scorer, pass, sessionId, provider, model, prefixId, policyId } = failure;
  const { turnShape, repo, owner, severity, happenedAt } = failure;
  const inserted = await transaction
    .insertInto('failureEvent')
    .values({
      ...{ projectId, callId, scorer, pass, templateId, sessionId, provider, model, prefixId, policyId },
      ...{ turnShape, repo, owner, severity, happenedAt },
    })
    .onConflict((conflict) => conflict.columns(['callId', 'projectId', 'scorer', 'pass']).doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows === 0n) return 0;
  await transaction
    .updateTable('failureTemplate')
    .set({ eventCount: sql`event_count + 1` })
    .where('templateId', '=', templateId)
    .execute();
  return 1;
}
