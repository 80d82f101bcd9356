import { sql } from 'kysely';
import type { Score } from '../domain/score.ts';
import { jsonText } from './columns.ts';
import type { Database } from './connect.ts';
import { assertStorable, type Recorded, recordScoring, type ScoringRun } from './score-store.ts';

/** One pass over one call, with the rows that it leaves. */
export interface Scoring {
  readonly run: ScoringRun;
  readonly scores: readonly Score[];
}

/**
 * Does what `recordScoring` does, for many passes by one statement, which is a transaction by itself. A pass that is there
 * already, and may have to be replaced, takes the longer way. Answers in the order of the passes.
 */
export async function recordScorings(database: Database, scorings: readonly Scoring[]): Promise<readonly Recorded[]> {
  const fresh = new Map<string, Scoring>();
  for (const scoring of scorings) {
    for (const score of scoring.scores) assertStorable(score);
    const key = keyOf(scoring.run);
    if (!fresh.has(key)) fresh.set(key, scoring);
  }
  const inserted = await insertScorings(database, [...fresh.values()]);
  const recorded: Recorded[] = [];
  for (const scoring of scorings) {
    const key = keyOf(scoring.run);
    // The same pass twice in one batch: the second one finds what the first has left.
    const isFirst = fresh.get(key) === scoring && inserted.has(key);
    recorded.push(isFirst ? 'first' : await replaceOrKeep(database, scoring));
  }
  return recorded;
}

async function replaceOrKeep(database: Database, { run, scores }: Scoring): Promise<Recorded> {
  return run.final ? await recordScoring(database, run, scores) : 'known';
}

/**
 * Names the runs that were not there. One order for all writers, so that two of them cannot lock each other out. The
 * commit need not wait for the disk: a job counts as done after it, in the same log, and is done again when both are lost.
 */
async function insertScorings(database: Database, scorings: readonly Scoring[]): Promise<ReadonlySet<string>> {
  const ordered = [...scorings].sort((left, right) => (keyOf(left.run) < keyOf(right.run) ? -1 : 1));
  const runs = ordered.map(({ run }) => ({
    ...run,
    passed: run.passed.toString('hex'),
    notApplicable: run.notApplicable.toString('hex'),
  }));
  const scores = ordered.flatMap((scoring) => scoring.scores);
  const { rows } = await sql<Pick<ScoringRun, 'projectId' | 'callId' | 'scorerSet' | 'pass'>>`
    WITH new_run AS (
      INSERT INTO scoring_run (project_id, call_id, scorer_set, pass, passed, not_applicable, final)
      SELECT "projectId", "callId", "scorerSet", pass, decode(passed, 'hex'), decode("notApplicable", 'hex'), final
      FROM json_to_recordset(${jsonText(runs)}::json) AS given("projectId" text, "callId" uuid, "scorerSet" text,
        pass text, passed text, "notApplicable" text, final boolean)
      ON CONFLICT DO NOTHING
      RETURNING project_id, call_id, scorer_set, pass
    ), new_score AS (
      INSERT INTO score (project_id, call_id, subject_type, subject_id, scorer, scorer_version, pass, sample, metric,
        status, outcome, value, owner, severity, confidence, sampling_probability, evidence, explanation, judge, cost_usd)
      SELECT "projectId", "callId", "subjectType", "subjectId", scorer, "scorerVersion", given.pass, sample, metric,
        status, outcome, value, owner, severity, confidence, "samplingProbability", evidence, explanation, judge, "costUsd"
      FROM json_to_recordset(${jsonText(scores)}::json) AS given("projectId" text, "callId" uuid, "subjectType" text,
        "subjectId" text, scorer text, "scorerVersion" text, pass text, sample integer, metric text, status text,
        outcome text, value double precision, owner text, severity text, confidence double precision,
        "samplingProbability" double precision, evidence jsonb, explanation text, judge jsonb, "costUsd" double precision)
      JOIN new_run ON new_run.call_id = given."callId" AND new_run.project_id = given."projectId"
        AND new_run.pass = given.pass
      ON CONFLICT DO NOTHING
    )
    SELECT project_id, call_id, scorer_set, pass, (SELECT set_config('synchronous_commit', 'off', true)) AS late
    FROM new_run`.execute(database);
  return new Set(rows.map(keyOf));
}

function keyOf(run: Pick<ScoringRun, 'projectId' | 'callId' | 'scorerSet' | 'pass'>): string {
  return `${run.callId} ${run.pass} ${run.scorerSet} ${run.projectId}`;
}
