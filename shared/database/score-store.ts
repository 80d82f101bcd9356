import { sql } from 'kysely';
import * as z from 'zod';
import { metricSchema, type Score, scoreOutcomeSchema, scoreSchema } from '../domain/score.ts';
import type { QualityScore } from '../domain/session-quality.ts';
import { jsonText, storableText } from './columns.ts';
import type { Database } from './connect.ts';

/** One pass of one scorer set over one call; the bits stand in the order of the set. */
export interface ScoringRun {
  readonly projectId: string;
  readonly callId: string;
  readonly scorerSet: string;
  readonly pass: string;
  readonly passed: Buffer;
  readonly notApplicable: Buffer;
}

/**
 * Stores a run and its rows in one transaction. Safe to repeat and to run twice at once: what is there stays.
 *
 * @returns whether this delivery was the first
 */
export async function recordScoring(database: Database, run: ScoringRun, scores: readonly Score[]): Promise<boolean> {
  return await database.transaction().execute(async (transaction) => {
    const inserted = await transaction
      .insertInto('scoringRun')
      .values(run)
      .onConflict((conflict) => conflict.doNothing())
      .returning('callId')
      .execute();
    await insertScores(transaction, scores);
    return inserted.length > 0;
  });
}

/** Stores score rows; a row that is there already stays as it is. */
export async function insertScores(database: Database, scores: readonly Score[]): Promise<void> {
  if (scores.length === 0) return;
  await database
    .insertInto('score')
    .values(scores.map(toRow))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Stores the verdict on a session as it stands now: one that went on after its closing is judged anew. */
export async function writeSessionScore(database: Database, score: Score, createdAt: Date): Promise<void> {
  const row = { ...toRow(score), createdAt };
  const { evidence, explanation, judge, status, outcome, value, costUsd } = row;
  await database
    .insertInto('score')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['callId', 'projectId', 'subjectType', 'subjectId', 'scorer', 'scorerVersion', 'pass', 'sample'])
        .doUpdateSet({ evidence, explanation, judge, status, outcome, value, costUsd, createdAt }),
    )
    .execute();
}

/** Which passes of a scorer set each of these calls has had, as `<callId> <pass>`. */
export async function readScoringRuns(
  database: Database,
  projectId: string,
  callIds: readonly string[],
  scorerSet: string,
): Promise<ReadonlySet<string>> {
  if (callIds.length === 0) return new Set();
  const rows = await database
    .selectFrom('scoringRun')
    .select(['callId', 'pass'])
    .where('projectId', '=', projectId)
    .where('callId', 'in', [...callIds])
    .where('scorerSet', '=', scorerSet)
    .execute();
  return new Set(rows.map((row) => `${row.callId} ${row.pass}`));
}

const qualityRowSchema = z.object({
  ...scoreSchema.pick({
    scorer: true,
    subjectType: true,
    status: true,
    value: true,
    owner: true,
    severity: true,
    judge: true,
    samplingProbability: true,
  }).shape,
  metric: metricSchema,
  outcome: scoreOutcomeSchema,
});

export type StoredQualityScore = QualityScore & { readonly scorer: string };

/** All scores of a session: those of its calls and those of the session itself. */
export async function readSessionScores(
  database: Database,
  projectId: string,
  sessionId: string,
  callIds: readonly string[],
): Promise<readonly StoredQualityScore[]> {
  if (callIds.length === 0) return [];
  const rows = await database
    .selectFrom('score')
    .select([
      'scorer',
      'subjectType',
      'metric',
      'status',
      'outcome',
      'value',
      'owner',
      'severity',
      'judge',
      'samplingProbability',
    ])
    .where('projectId', '=', projectId)
    .where('callId', 'in', [...callIds])
    .where((build) => build.or([build('subjectType', '=', 'call'), build('subjectId', '=', storableText(sessionId))]))
    .execute();
  return rows.map((row) => qualityRowSchema.parse(row));
}

export interface UnscoredCall {
  readonly projectId: string;
  readonly callId: string;
}

/**
 * Calls that were stored before a moment and that no scorer set has seen: their job was lost with its queue. Calls
 * whose job is a dead letter are left out, somebody has to look at them first.
 */
export async function findUnscoredCalls(
  database: Database,
  options: { readonly storedAfter: Date; readonly storedBefore: Date; readonly limit: number },
): Promise<readonly UnscoredCall[]> {
  return await database
    .selectFrom('call')
    .select(['call.projectId', 'call.callId'])
    // The bound on the id, which begins with the start time, keeps the search in the newest partitions.
    .where('call.callId', '>=', sql<string>`lowest_call_id(${options.storedAfter})`)
    .where('call.storedAt', '<', options.storedBefore)
    .where('call.source', '<>', 'replay')
    .where((build) =>
      build.not(
        build.exists(
          build
            .selectFrom('scoringRun')
            .select('scoringRun.callId')
            .whereRef('scoringRun.callId', '=', 'call.callId')
            .whereRef('scoringRun.projectId', '=', 'call.projectId')
            .where('scoringRun.pass', '=', 'call'),
        ),
      ),
    )
    .where((build) =>
      build.not(
        build.exists(
          build
            .selectFrom('deadLetter')
            .select('deadLetter.callId')
            .whereRef('deadLetter.callId', '=', 'call.callId')
            .whereRef('deadLetter.projectId', '=', 'call.projectId'),
        ),
      ),
    )
    .orderBy('call.callId')
    .limit(options.limit)
    .execute();
}

function toRow(score: Score) {
  if (score.outcome === 'not_applicable') throw new TypeError('what does not apply is a bit and never a row');
  return {
    ...score,
    subjectId: storableText(score.subjectId),
    evidence: jsonText(score.evidence),
    explanation: score.explanation === null ? null : storableText(score.explanation),
    judge: score.judge === null ? null : jsonText(score.judge),
  };
}
