import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { FailureFacts } from '../domain/failure-cluster.ts';
import { type FaultOwner, faultOwnerSchema } from '../domain/score.ts';
import { type CountedFailure, countFailures, holdClusters } from './clusters/count-failures.ts';
import { storableText } from './columns.ts';
import type { Database } from './connect.ts';
import { columnName, insertRows } from './insert-rows.ts';
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
  /** The tool whose call failed, where that is known. */
  readonly tool?: string | null;
}

const TEMPLATE_COLUMNS = [
  ...['template_id', 'project_id', 'signature', 'signature_algorithm', 'stage', 'check_id', 'turn_shape'],
  ...['expected_vs_actual', 'template', 'first_seen', 'last_seen'],
];
const EVENT_FIELDS = [
  ...(['callId', 'scorer', 'pass', 'sessionId', 'provider', 'model', 'prefixId', 'policyId'] as const),
  ...(['turnShape', 'repo', 'owner', 'severity', 'happenedAt'] as const),
] as const;
const EVENT_COLUMNS = ['project_id', 'template_id', 'tool', ...EVENT_FIELDS.map(columnName)];

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
 * Stores events and their templates in one transaction, by a handful of statements however many they are, and counts them
 * in their clusters. Safe to repeat: an event is counted once, by its own key.
 *
 * @returns how many were new, and the templates that they belong to
 */
export async function recordFailures(
  database: Database,
  projectId: string,
  failures: readonly FailureToRecord[],
): Promise<{ readonly recorded: number; readonly templateIds: readonly string[] }> {
  if (failures.length === 0) return { recorded: 0, templateIds: [] };
  return await database.transaction().execute(async (transaction) => {
    await holdErasures(transaction);
    await holdClusters(transaction, projectId);
    const stored = await callsAmong(transaction, projectId, failures);
    // A call that was erased since its failure was read must not leave a template with its words.
    const known = failures.filter(({ failure }) => stored.has(failure.callId));
    const templateOf = await upsertTemplates(transaction, projectId, known);
    const inserted = await insertEvents(transaction, projectId, known, templateOf);
    await sql`
      UPDATE failure_template template SET event_count = template.event_count + counted.events
      FROM (
        SELECT template_id, count(*) AS events
        FROM unnest(${inserted.map(({ templateId }) => templateId)}::uuid[]) AS each (template_id) GROUP BY template_id
      ) counted WHERE template.template_id = counted.template_id`.execute(transaction);
    await countFailures(transaction, projectId, inserted);
    return { recorded: inserted.length, templateIds: [...new Set(inserted.map(({ templateId }) => templateId))] };
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

/** The id of each signature's template. */
async function upsertTemplates(
  transaction: Database,
  projectId: string,
  entries: readonly FailureToRecord[],
): Promise<ReadonlyMap<string, string>> {
  const rows = [...Map.groupBy(entries, ({ signature }) => signature)].map(([signature, alike]) => {
    const times = alike.map(({ failure }) => failure.happenedAt.getTime());
    const { facts, signatureAlgorithm } = alike[0] as FailureToRecord;
    return [
      ...[randomUUID(), projectId, signature, signatureAlgorithm, facts.stage, storableText(facts.check)],
      ...[facts.turnShape, storableText(facts.expectedVsActual), storableText(facts.template)],
      ...[new Date(Math.min(...times)), new Date(Math.max(...times))],
    ];
  });
  const suffix = `ON CONFLICT (project_id, signature) DO UPDATE SET
    first_seen = least(failure_template.first_seen, excluded.first_seen),
    last_seen = greatest(failure_template.last_seen, excluded.last_seen) RETURNING template_id, signature`;
  const shape = { table: 'failure_template', columns: TEMPLATE_COLUMNS, suffix };
  const upserted = await insertRows<{ templateId: string; signature: string }>(transaction, shape, rows);
  return new Map(upserted.map(({ signature, templateId }) => [signature, templateId]));
}

/** Events that were not stored before. */
async function insertEvents(
  transaction: Database,
  projectId: string,
  entries: readonly FailureToRecord[],
  templateOf: ReadonlyMap<string, string>,
): Promise<readonly CountedFailure[]> {
  const keyed = new Map<string, CountedFailure>();
  const rows = entries.map(({ failure, signature, tool = null }) => {
    const templateId = templateOf.get(signature) ?? '';
    keyed.set(keyOf(failure), { ...failure, templateId, tool });
    return [projectId, templateId, tool, ...EVENT_FIELDS.map((field) => failure[field])];
  });
  const suffix = 'ON CONFLICT (call_id, project_id, scorer, pass) DO NOTHING RETURNING call_id, scorer, pass';
  const shape = { table: 'failure_event', columns: EVENT_COLUMNS, suffix };
  const inserted = await insertRows<{ callId: string; scorer: string; pass: string }>(transaction, shape, rows);
  return inserted.flatMap((row) => keyed.get(keyOf(row)) ?? []);
}

function keyOf({ callId, scorer, pass }: { callId: string; scorer: string; pass: string }): string {
  return `${callId} ${pass} ${scorer}`;
}
