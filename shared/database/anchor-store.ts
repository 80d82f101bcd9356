import { sql } from 'kysely';
import { type DriftState, driftStateSchema } from '../calibration/agreement-drift.ts';
import type { JudgeVersion } from './calibration-store.ts';
import { jsonText } from './columns.ts';
import type { Database } from './connect.ts';

/** A fixed record with what people say of it, by which a judge is watched. */
export interface Anchor {
  readonly rubric: string;
  readonly subjectType: 'call' | 'session';
  readonly subjectId: string;
  readonly callId: string;
  readonly sessionId: string;
  /** What people say. */
  readonly passed: boolean;
}

/** What a judge said of an anchor on one night; null where it gave no verdict. */
export interface AnchorVerdict {
  readonly anchor: Anchor;
  readonly passed: boolean | null;
}

export interface StoredDrift extends JudgeVersion {
  readonly night: string;
  readonly anchors: number;
  readonly disagreed: number;
  /** Verdicts that are not what the same judge said the last time, of `compared` that it had given before. */
  readonly flipped: number;
  readonly compared: number;
  readonly level: number;
  readonly alarmAt: Date | null;
}

/**
 * Fills up the anchors of a rubric from labelled subjects, oldest label first, up to a number. Those that are anchors
 * stay: a set that changes with every label says nothing of drift.
 */
export async function fillAnchors(
  database: Database,
  projectId: string,
  of: { readonly rubric: string; readonly metric: string; readonly subjectType: string },
  anchorsMax: number,
): Promise<void> {
  await sql`
    INSERT INTO judge_anchor (project_id, rubric, subject_type, subject_id, call_id, session_id, passed)
    SELECT project_id, ${of.rubric}, subject_type, subject_id, (array_agg(call_id))[1], min(session_id),
      count(*) FILTER (WHERE passed) * 2 > count(*)
    FROM label
    WHERE project_id = ${projectId} AND metric = ${of.metric} AND subject_type = ${of.subjectType}
      AND NOT EXISTS (SELECT 1 FROM judge_anchor known WHERE known.project_id = label.project_id
        AND known.rubric = ${of.rubric} AND known.subject_type = label.subject_type
        AND known.subject_id = label.subject_id)
    GROUP BY project_id, subject_type, subject_id
    HAVING count(*) FILTER (WHERE passed) * 2 <> count(*)
    ORDER BY min(created_at), subject_id
    LIMIT greatest(0, ${anchorsMax} - (SELECT count(*) FROM judge_anchor
      WHERE project_id = ${projectId} AND rubric = ${of.rubric}))
    ON CONFLICT DO NOTHING`.execute(database);
}

export async function readAnchors(database: Database, projectId: string, rubric: string): Promise<Anchor[]> {
  const rows = await database
    .selectFrom('judgeAnchor')
    .select(['rubric', 'subjectType', 'subjectId', 'callId', 'sessionId', 'passed'])
    .where('projectId', '=', projectId)
    .where('rubric', '=', rubric)
    .orderBy('addedAt')
    .orderBy('subjectId')
    .execute();
  return rows.map((row) => ({ ...row, subjectType: row.subjectType === 'session' ? 'session' : 'call' }));
}

/** Gives up an anchor whose content is kept no longer; the next label takes its place. */
export async function dropAnchor(database: Database, projectId: string, anchor: Anchor): Promise<void> {
  await database
    .deleteFrom('judgeAnchor')
    .where('projectId', '=', projectId)
    .where('rubric', '=', anchor.rubric)
    .where('subjectType', '=', anchor.subjectType)
    .where('subjectId', '=', anchor.subjectId)
    .execute();
}

/** Subjects on which a judge version has a verdict of this night already: a night that was cut short goes on. */
export async function readNight(
  database: Database,
  projectId: string,
  version: JudgeVersion,
  night: string,
): Promise<ReadonlySet<string>> {
  const rows = await database
    .selectFrom('judgeAnchorVerdict')
    .select(['subjectType', 'subjectId'])
    .where('projectId', '=', projectId)
    .where('night', '=', night)
    .where('rubric', '=', version.rubric)
    .where('rubricVersion', '=', version.rubricVersion)
    .where('judge', '=', version.judge)
    .execute();
  return new Set(rows.map(({ subjectType, subjectId }) => `${subjectType} ${subjectId}`));
}

/** Keeps what a judge said of an anchor, with whether it agrees with people and with what it said the last time. */
export async function writeAnchorVerdict(
  database: Database,
  projectId: string,
  version: JudgeVersion,
  night: string,
  { anchor, passed }: AnchorVerdict,
): Promise<void> {
  const { rubric, rubricVersion, judge } = version;
  await sql`
    INSERT INTO judge_anchor_verdict (project_id, night, rubric, rubric_version, judge, subject_type, subject_id,
      call_id, session_id, passed, agrees, flipped)
    VALUES (${projectId}, ${night}::date, ${rubric}, ${rubricVersion}, ${judge}, ${anchor.subjectType},
      ${anchor.subjectId}, ${anchor.callId}, ${anchor.sessionId}, ${passed}::boolean,
      ${passed}::boolean = ${anchor.passed}, ${passed}::boolean <> (
        SELECT before.passed FROM judge_anchor_verdict before
        WHERE before.project_id = ${projectId} AND before.night < ${night}::date AND before.rubric = ${rubric}
          AND before.rubric_version = ${rubricVersion} AND before.judge = ${judge}
          AND before.subject_type = ${anchor.subjectType} AND before.subject_id = ${anchor.subjectId}
          AND before.passed IS NOT NULL
        ORDER BY before.night DESC LIMIT 1))
    ON CONFLICT DO NOTHING`.execute(database);
}

/** Forgets nights that are long over. */
export async function forgetNights(database: Database, projectId: string, before: string): Promise<void> {
  await database
    .deleteFrom('judgeAnchorVerdict')
    .where('projectId', '=', projectId)
    .where('night', '<', before)
    .execute();
}

export interface NightCounts {
  /** Anchors with a verdict. */
  readonly anchors: number;
  readonly disagreed: number;
  readonly flipped: number;
  readonly compared: number;
}

export async function countNight(
  database: Database,
  projectId: string,
  { rubric, rubricVersion, judge }: JudgeVersion,
  night: string,
): Promise<NightCounts> {
  const { rows } = await sql<NightCounts>`
    SELECT count(agrees) AS anchors, count(*) FILTER (WHERE NOT agrees) AS disagreed,
      count(*) FILTER (WHERE flipped) AS flipped, count(flipped) AS compared
    FROM judge_anchor_verdict
    WHERE project_id = ${projectId} AND night = ${night}::date AND rubric = ${rubric}
      AND rubric_version = ${rubricVersion} AND judge = ${judge}`.execute(database);
  return rows[0] ?? { anchors: 0, disagreed: 0, flipped: 0, compared: 0 };
}

/** Where the watch over a judge stands, and its last night; null for one that is not watched yet. */
export async function readDriftState(
  database: Database,
  projectId: string,
  version: JudgeVersion,
): Promise<{ readonly state: DriftState; readonly night: string } | null> {
  const { rows } = await sql<{ state: unknown; night: string }>`
    SELECT state, night::text FROM judge_drift WHERE project_id = ${projectId} AND rubric = ${version.rubric}
      AND rubric_version = ${version.rubricVersion} AND judge = ${version.judge}`.execute(database);
  const row = rows[0];
  return row === undefined ? null : { state: driftStateSchema.parse(row.state), night: row.night };
}

/**
 * Writes a night's step, unless another process was first. An alarm stays noted until the next one.
 *
 * @returns false when the night had been written
 */
export async function writeDrift(
  database: Database,
  projectId: string,
  version: JudgeVersion,
  step: NightCounts & {
    readonly night: string;
    readonly state: DriftState;
    readonly level: number;
    readonly alarmAt: Date | null;
  },
): Promise<boolean> {
  const { state, alarmAt, ...row } = step;
  const written = await database
    .insertInto('judgeDrift')
    .values({ projectId, ...version, ...row, alarmAt, state: jsonText(state) })
    .onConflict((conflict) =>
      conflict
        .columns(['projectId', 'rubric', 'rubricVersion', 'judge'])
        .doUpdateSet({ ...row, state: jsonText(state), ...(alarmAt === null ? {} : { alarmAt }) })
        .where('judgeDrift.night', '<', row.night),
    )
    .returning('night')
    .execute();
  return written.length > 0;
}

export async function readDrifts(database: Database, projectId: string): Promise<StoredDrift[]> {
  const { rows } = await sql<StoredDrift>`
    SELECT rubric, rubric_version AS "rubricVersion", judge, night::text, anchors, disagreed, flipped, compared, level,
      alarm_at AS "alarmAt"
    FROM judge_drift WHERE project_id = ${projectId} ORDER BY rubric, rubric_version, judge`.execute(database);
  return rows;
}

/** Anchors of every night that is kept, by judge version, oldest first. */
export async function readAnchorNights(
  database: Database,
  projectId: string,
): Promise<(JudgeVersion & { readonly night: string; readonly anchors: number; readonly disagreed: number })[]> {
  const { rows } = await sql<JudgeVersion & { night: string; anchors: number; disagreed: number }>`
    SELECT rubric, rubric_version AS "rubricVersion", judge, night::text, count(agrees) AS anchors,
      count(*) FILTER (WHERE NOT agrees) AS disagreed
    FROM judge_anchor_verdict WHERE project_id = ${projectId}
    GROUP BY rubric, rubric_version, judge, night ORDER BY night`.execute(database);
  return rows;
}

/** Share of a judge's anchors that may come out otherwise without anything being wrong, as its watch was begun. */
export async function readDriftLimits(
  database: Database,
  projectId: string,
): Promise<(JudgeVersion & { readonly disagreementMax: number })[]> {
  const { rows } = await sql<JudgeVersion & { state: unknown }>`
    SELECT rubric, rubric_version AS "rubricVersion", judge, state FROM judge_drift
    WHERE project_id = ${projectId}`.execute(database);
  return rows.map(({ state, ...version }) => ({
    ...version,
    disagreementMax: driftStateSchema.parse(state).disagreementMax ?? 0,
  }));
}
