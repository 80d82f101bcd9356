import { sql } from 'kysely';
import * as z from 'zod';
import type { JudgeCalibration, LabelledVerdict } from '../calibration/calibrate-judge.ts';
import { calibrationMapSchema } from '../calibration/calibration-map.ts';
import { type JudgeAgreement, judgeAgreementSchema } from '../calibration/judge-agreement.ts';
import { jsonText } from './columns.ts';
import type { Database } from './connect.ts';

/** One judge with one version of a rubric: what a map and a gate are of. */
export interface JudgeVersion {
  readonly rubric: string;
  readonly rubricVersion: string;
  /** The judging model as its score rows name it. */
  readonly judge: string;
}

export interface StoredCalibration extends JudgeVersion {
  readonly map: JudgeCalibration['map'];
  readonly agreement: JudgeAgreement;
  readonly gatePassed: boolean;
  readonly gateReason: string | null;
  readonly labels: number;
  readonly fittedAt: Date;
}

/** A judge's verdict beside what people say of the same subject. */
export type JudgedLabel = JudgeVersion & LabelledVerdict;

const judgedLabelSchema = z.object({
  rubric: z.string(),
  rubricVersion: z.string(),
  judge: z.string(),
  sessionId: z.string(),
  score: z.number(),
  verdict: z.union([z.literal(0), z.literal(1)]),
  label: z.union([z.literal(0), z.literal(1)]),
  tokens: z.number(),
  truncation: z.number(),
});

/**
 * Verdicts of every judge on labelled subjects. Where people are split, the subject says nothing; a verdict that is
 * neither pass nor fail is no verdict.
 */
export async function readJudgedLabels(database: Database, projectId: string): Promise<JudgedLabel[]> {
  const { rows } = await sql`
    WITH agreed AS (
      SELECT subject_type, subject_id, metric, session_id, call_id, count(*) FILTER (WHERE passed) * 2 > count(*) AS passed
      FROM label WHERE project_id = ${projectId}
      GROUP BY subject_type, subject_id, metric, session_id, call_id
      HAVING count(*) FILTER (WHERE passed) * 2 <> count(*)
    )
    SELECT score.scorer AS rubric, score.scorer_version AS "rubricVersion", score.judge ->> 'model' AS judge,
      agreed.session_id AS "sessionId", coalesce(score.value, (score.outcome = 'pass')::int::float8) AS score,
      (score.outcome = 'pass')::int AS verdict, agreed.passed::int AS label,
      coalesce((score.judge -> 'details' ->> 'cutShare')::float8, 0) AS truncation,
      coalesce(call.input_tokens_estimate, 0) AS tokens
    FROM agreed JOIN score ON score.project_id = ${projectId} AND score.subject_type = agreed.subject_type
      AND score.subject_id = agreed.subject_id AND score.metric = agreed.metric
    LEFT JOIN call ON call.project_id = ${projectId} AND call.call_id = agreed.call_id
    WHERE score.judge IS NOT NULL AND score.status = 'scored' AND score.outcome IN ('pass', 'fail')
      AND score.sample = 0
    ORDER BY rubric, "rubricVersion", judge, agreed.session_id, agreed.subject_id`.execute(database);
  return rows.map((row) => judgedLabelSchema.parse(row));
}

export async function writeCalibration(
  database: Database,
  projectId: string,
  version: JudgeVersion,
  { map, agreement, gate }: JudgeCalibration,
  fittedAt: Date,
): Promise<void> {
  const fitted = {
    map: jsonText(map),
    agreement: jsonText(agreement),
    gatePassed: gate.passed,
    gateReason: gate.passed ? null : gate.reason,
    labels: agreement.n,
    fittedAt,
  };
  await database
    .insertInto('judgeCalibration')
    .values({ projectId, ...version, ...fitted })
    .onConflict((conflict) => conflict.columns(['projectId', 'rubric', 'rubricVersion', 'judge']).doUpdateSet(fitted))
    .execute();
}

/** Every judge that was ever calibrated, the latest rubric versions among them. */
export async function readCalibrations(database: Database, projectId: string): Promise<StoredCalibration[]> {
  const rows = await database
    .selectFrom('judgeCalibration')
    .selectAll()
    .where('projectId', '=', projectId)
    .orderBy('rubric')
    .orderBy('rubricVersion')
    .orderBy('judge')
    .execute();
  return rows.map(({ map, agreement, projectId: _project, ...row }) => ({
    ...row,
    map: calibrationMapSchema.parse(map),
    agreement: judgeAgreementSchema.parse(agreement),
  }));
}

/** Estimated input tokens of calls; what a map takes for the length of what a judge was shown. */
export async function readInputTokens(
  database: Database,
  projectId: string,
  callIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await database
    .selectFrom('call')
    .select(['callId', 'inputTokensEstimate'])
    .where('projectId', '=', projectId)
    .where(sql<boolean>`call_id = ANY(${[...callIds]}::uuid[])`)
    .execute();
  return new Map(rows.map((row) => [row.callId, row.inputTokensEstimate]));
}

/** What a judge passed of one model's sessions or calls of one turn shape. */
export interface JudgedRate extends JudgeVersion {
  readonly turnShape: string;
  readonly model: string;
  readonly policyId: string | null;
  readonly judged: number;
  /** Share that passed, each verdict weighing 1 / the probability with which its subject was chosen. */
  readonly passed: number;
}

/** Pass rates per judge, turn shape, model and policy since a moment. */
export async function readJudgedRates(database: Database, projectId: string, since: Date): Promise<JudgedRate[]> {
  const { rows } = await sql<JudgedRate>`
    SELECT score.scorer AS rubric, score.scorer_version AS "rubricVersion", score.judge ->> 'model' AS judge,
      call.turn_shape AS "turnShape", coalesce(call.response_model, call.request_model) AS model,
      call.policy_id AS "policyId", count(*) AS judged,
      (sum((score.outcome = 'pass')::int / score.sampling_probability)
        / sum(1 / score.sampling_probability))::float8 AS passed
    FROM score JOIN call ON call.call_id = score.call_id AND call.project_id = score.project_id
    WHERE score.project_id = ${projectId} AND score.call_id >= lowest_call_id(${since}::timestamptz)
      AND score.judge IS NOT NULL AND score.status = 'scored' AND score.outcome IN ('pass', 'fail')
      AND score.sample = 0
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6`.execute(database);
  return rows;
}

/** The triage weights that were fitted on the project's own labels, or null. Parse them: another version wrote them. */
export async function readTriageModel(database: Database, projectId: string): Promise<unknown> {
  const row = await database
    .selectFrom('triageModel')
    .select('model')
    .where('projectId', '=', projectId)
    .executeTakeFirst();
  return row?.model ?? null;
}

export async function writeTriageModel(
  database: Database,
  projectId: string,
  model: unknown,
  fittedAt: Date,
): Promise<void> {
  const fitted = { model: jsonText(model), fittedAt };
  await database
    .insertInto('triageModel')
    .values({ projectId, ...fitted })
    .onConflict((conflict) => conflict.column('projectId').doUpdateSet(fitted))
    .execute();
}
