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
  /** False for an outcome that was recorded before the request that follows was there: it may be replaced once. */
  readonly final: boolean;
}

/** What stands in the ids of scorers that are not ours, between their owner's name and their own. */
const FOREIGN_SCORER_MARK = '/';

/** `corrected`: the request that follows came late, and what was recorded without it is gone. */
export type Recorded = 'first' | 'corrected' | 'known';

/**
 * Stores a run and its rows in one transaction. Safe to repeat and to run twice at once: what is there stays, except
 * that a final run replaces a provisional one.
 */
export async function recordScoring(
  database: Database,
  run: ScoringRun,
  scores: readonly Score[],
  /** The one scorer whose run this is, where it is not of the deterministic set. */
  foreignScorer?: string,
): Promise<Recorded> {
  return await database.transaction().execute(async (transaction) => {
    const written = await transaction
      .insertInto('scoringRun')
      .values(run)
      .onConflict((conflict) => {
        const known = conflict.columns(['callId', 'projectId', 'scorerSet', 'pass']);
        if (!run.final) return known.doNothing();
        const { passed, notApplicable } = run;
        return known.doUpdateSet({ passed, notApplicable, final: true }).where('scoringRun.final', '=', false);
      })
      // A row version that nobody has locked or replaced yet is one that was just inserted.
      .returning(sql<boolean>`xmax = 0`.as('isNew'))
      .executeTakeFirst();
    if (written === undefined) return 'known';
    if (!written.isNew) await deletePass(transaction, run, foreignScorer);
    await insertScores(transaction, scores);
    return written.isNew ? 'first' : 'corrected';
  });
}

/** What this run's scorers left, and nothing of scorers that have runs of their own. */
async function deletePass(transaction: Database, run: ScoringRun, foreignScorer: string | undefined): Promise<void> {
  await transaction
    .deleteFrom('score')
    .where('callId', '=', run.callId)
    .where('projectId', '=', run.projectId)
    .where('subjectType', '=', 'call')
    .where('pass', '=', run.pass)
    .where('judge', 'is', null)
    .where(
      foreignScorer === undefined
        ? sql<boolean>`position(${FOREIGN_SCORER_MARK} in scorer) = 0`
        : sql<boolean>`scorer = ${foreignScorer}`,
    )
    .execute();
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

/** Rows of one statement, which has room for some three thousand of their width. */
const ROWS_PER_STATEMENT = 500;

/**
 * Stores the verdicts on a session or on agents of it as they stand now, each once: one that went on is judged anew.
 *
 * @throws the signal's reason when it aborts between two statements
 */
export async function writeSessionScores(
  database: Database,
  scores: readonly Score[],
  createdAt: Date,
  signal?: AbortSignal,
): Promise<void> {
  for (let from = 0; from < scores.length; from += ROWS_PER_STATEMENT) {
    signal?.throwIfAborted();
    await database
      .insertInto('score')
      .values(scores.slice(from, from + ROWS_PER_STATEMENT).map((score) => ({ ...toRow(score), createdAt })))
      .onConflict((conflict) =>
        conflict
          .columns(['callId', 'projectId', 'subjectType', 'subjectId', 'scorer', 'scorerVersion', 'pass', 'sample'])
          .doUpdateSet(({ ref }) => ({
            evidence: ref('excluded.evidence'),
            explanation: ref('excluded.explanation'),
            judge: ref('excluded.judge'),
            status: ref('excluded.status'),
            outcome: ref('excluded.outcome'),
            value: ref('excluded.value'),
            costUsd: ref('excluded.costUsd'),
            createdAt: ref('excluded.createdAt'),
          })),
      )
      .execute();
  }
}

/** Which passes of a scorer set each of these calls has had, as `<callId> <pass>`, and whether the run is final. */
export async function readScoringRuns(
  database: Database,
  projectId: string,
  callIds: readonly string[],
  scorerSet: string,
): Promise<ReadonlyMap<string, { readonly final: boolean }>> {
  const rows = await database
    .selectFrom('scoringRun')
    .select(['callId', 'pass', 'final'])
    .where('projectId', '=', projectId)
    .where(anyCall(callIds))
    .where('scorerSet', '=', scorerSet)
    .execute();
  return new Map(rows.map(({ callId, pass, final }) => [`${callId} ${pass}`, { final }]));
}

/** One parameter for any number of calls: a long session has more of them than a statement may have parameters. */
function anyCall(callIds: readonly string[]) {
  return sql<boolean>`call_id = ANY(${[...callIds]}::uuid[])`;
}

const qualityRowSchema = z.object({
  ...scoreSchema.pick({
    callId: true,
    scorer: true,
    scorerVersion: true,
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

export type StoredQualityScore = QualityScore & {
  readonly callId: string;
  readonly scorer: string;
  readonly scorerVersion: string;
};

/** All scores of a session: those of its calls and those of the session itself. */
export async function readSessionScores(
  database: Database,
  projectId: string,
  sessionId: string,
  callIds: readonly string[],
): Promise<readonly StoredQualityScore[]> {
  const rows = await database
    .selectFrom('score')
    .select([
      'callId',
      'scorer',
      'scorerVersion',
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
    .where(anyCall(callIds))
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

/** @throws TypeError for what does not apply, which is a bit of the run and never a row */
export function assertStorable(score: Score): void {
  if (score.outcome === 'not_applicable') throw new TypeError('what does not apply is a bit and never a row');
}

function toRow(score: Score) {
  assertStorable(score);
  return {
    ...score,
    subjectId: storableText(score.subjectId),
    evidence: jsonText(score.evidence),
    explanation: score.explanation === null ? null : storableText(score.explanation),
    judge: score.judge === null ? null : jsonText(score.judge),
  };
}
