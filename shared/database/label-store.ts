import { sql } from 'kysely';
import type { LabelInput, LabelMetric } from '../domain/label.ts';
import { TrimtabError } from '../errors.ts';
import { jsonText } from './columns.ts';
import type { Database } from './connect.ts';

/** A label as it is kept. */
export interface StoredLabel {
  readonly subjectType: string;
  readonly subjectId: string;
  readonly metric: string;
  readonly labeller: string;
  readonly callId: string;
  readonly sessionId: string;
  readonly passed: boolean;
  readonly note: string | null;
  readonly createdAt: Date;
}

/** Two people on one subject. */
export interface DoubleLabel {
  readonly metric: string;
  readonly sessionId: string;
  readonly first: boolean;
  readonly second: boolean;
}

interface Subject {
  readonly subjectType: 'call' | 'session';
  readonly subjectId: string;
  readonly callId: string;
  readonly sessionId: string;
  readonly metric: LabelMetric;
}

const COLUMNS = [
  'subjectType',
  'subjectId',
  'metric',
  'labeller',
  'callId',
  'sessionId',
  'passed',
  'note',
  'createdAt',
] as const;

/**
 * Keeps a label. The same person's earlier word on the same subject is replaced.
 *
 * @throws TrimtabError `not_found` for a call or session that is not stored
 */
export async function writeLabel(
  database: Database,
  projectId: string,
  label: LabelInput,
  labeller: string,
): Promise<StoredLabel> {
  const subject = await findSubject(database, projectId, label);
  const said = { passed: label.outcome === 'pass', note: label.note ?? null };
  return await database
    .insertInto('label')
    .values({ projectId, ...subject, labeller, ...said })
    .onConflict((conflict) =>
      conflict
        .columns(['projectId', 'subjectType', 'subjectId', 'metric', 'labeller'])
        .doUpdateSet({ ...said, createdAt: sql<Date>`clock_timestamp()` }),
    )
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
}

async function findSubject(database: Database, projectId: string, label: LabelInput): Promise<Subject> {
  if (label.callId !== undefined) {
    const call = await database
      .selectFrom('call')
      .select(['callId', 'sessionId'])
      .where('projectId', '=', projectId)
      .where('callId', '=', label.callId)
      .executeTakeFirst();
    if (call === undefined) throw new TrimtabError('not_found', `there is no call ${label.callId}`);
    return { ...call, subjectType: 'call', subjectId: call.callId, metric: label.metric ?? 'toolUse' };
  }
  const sessionId = label.sessionId ?? '';
  const session = await database
    .selectFrom('session')
    .select(['sessionId', 'lastCallId as callId'])
    .where('projectId', '=', projectId)
    .where('sessionId', '=', sessionId)
    .executeTakeFirst();
  if (session === undefined) throw new TrimtabError('not_found', `there is no session ${sessionId}`);
  return { ...session, subjectType: 'session', subjectId: sessionId, metric: label.metric ?? 'taskCompletion' };
}

export interface LabelFilter {
  readonly labeller?: string | undefined;
  readonly metric?: LabelMetric | undefined;
  readonly before?: { readonly createdAt: Date; readonly key: string } | undefined;
  readonly limit: number;
}

/** Where a label stands among those of one moment. */
const KEY = sql<string>`subject_type || ' ' || subject_id || ' ' || metric || ' ' || labeller`;

/** Labels, newest first. Moments of a page's edge are to the millisecond, as a Date has them. */
export async function listLabels(
  database: Database,
  projectId: string,
  { labeller, metric, before, limit }: LabelFilter,
): Promise<(StoredLabel & { readonly key: string })[]> {
  const moment = sql<Date>`date_trunc('milliseconds', created_at)`;
  let query = database
    .selectFrom('label')
    .select([...COLUMNS, KEY.as('key')])
    .where('projectId', '=', projectId);
  if (labeller !== undefined) query = query.where('labeller', '=', labeller);
  if (metric !== undefined) query = query.where('metric', '=', metric);
  if (before !== undefined) {
    query = query.where(sql<boolean>`(${moment}, ${KEY}) < (${before.createdAt}::timestamptz, ${before.key})`);
  }
  return await query.orderBy(moment, 'desc').orderBy(KEY, 'desc').limit(limit).execute();
}

/** Every pair of labels of one subject by two people, in the order of their names. */
export async function readDoubleLabels(database: Database, projectId: string): Promise<DoubleLabel[]> {
  const { rows } = await sql<DoubleLabel>`
    SELECT one.metric, one.session_id AS "sessionId", one.passed AS first, other.passed AS second
    FROM label one JOIN label other USING (project_id, subject_type, subject_id, metric)
    WHERE project_id = ${projectId} AND one.labeller < other.labeller`.execute(database);
  return rows;
}

/** Labelled sessions of which triage has not been told yet, oldest first. */
export async function findLabelsWithoutFeatures(
  database: Database,
  projectId: string,
  limit: number,
): Promise<{ readonly sessionId: string; readonly callId: string }[]> {
  return await database
    .selectFrom('label')
    .select(['sessionId', 'callId'])
    .distinct()
    .where('projectId', '=', projectId)
    .where('metric', '=', 'taskCompletion')
    .where('features', 'is', null)
    .orderBy('callId')
    .limit(limit)
    .execute();
}

/** Keeps what triage sees of a labelled call; an empty object where its content is gone. */
export async function writeLabelFeatures(
  database: Database,
  projectId: string,
  callId: string,
  features: Readonly<Record<string, number>>,
): Promise<void> {
  await database
    .updateTable('label')
    .set({ features: jsonText(features) })
    .where('projectId', '=', projectId)
    .where('callId', '=', callId)
    .where('features', 'is', null)
    .execute();
}

export interface LabelledFeatures {
  readonly sessionId: string;
  readonly passed: boolean;
  readonly features: unknown;
}

/** Task labels with what triage saw, one per subject; subjects on which people are split are left out. */
export async function readLabelledFeatures(database: Database, projectId: string): Promise<LabelledFeatures[]> {
  const { rows } = await sql<LabelledFeatures>`
    SELECT session_id AS "sessionId", count(*) FILTER (WHERE passed) * 2 > count(*) AS passed,
      (array_agg(features) FILTER (WHERE features IS NOT NULL))[1] AS features
    FROM label WHERE project_id = ${projectId} AND metric = 'taskCompletion'
    GROUP BY subject_type, subject_id, session_id
    HAVING count(*) FILTER (WHERE passed) * 2 <> count(*) AND count(features) > 0`.execute(database);
  return rows;
}
