import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidV7 } from '../domain/call-id.ts';
import type { Score } from '../domain/score.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { createDatabase, createPool, type Database } from './connect.ts';
import { createPartitionMaker, weekOf } from './partitions.ts';
import { recordScorings, type Scoring } from './record-scorings.ts';
import { recordScoring } from './score-store.ts';

const STARTED_AT = 1_760_000_000_000;
const RUNS = 25;

let test: TestDatabase;
let database: Database;
let owner: Database;
beforeAll(async () => {
  test = await createTestDatabase();
  database = createDatabase(createPool({ connectionString: test.connectionString, role: 'evaluator' }));
  owner = createDatabase(createPool({ connectionString: test.connectionString, role: 'owner' }));
  await createPartitionMaker(owner)([weekOf(STARTED_AT)]);
});
afterAll(async () => {
  await database.destroy();
  await owner.destroy();
  await test.drop();
});

function scoringOf(given: {
  readonly callId?: string;
  readonly final?: boolean;
  readonly bit?: number;
  readonly texts?: readonly string[];
}): Scoring {
  const callId = given.callId ?? uuidV7(STARTED_AT, randomBytes(10));
  const key = { projectId: 'default', callId, pass: 'outcome' as const };
  const bits = { passed: Buffer.of(given.bit ?? 1), notApplicable: Buffer.of(4, 8) };
  const scores = (given.texts ?? []).map(
    (text, index): Score => ({
      ...key,
      ...{ subjectType: 'call', subjectId: callId, sample: 0, scorer: `scorer-${index}`, scorerVersion: '1' },
      ...{ metric: 'toolUse', status: 'scored', outcome: 'fail', value: 0.25, owner: 'provider', severity: 'error' },
      ...{ confidence: null, samplingProbability: 1, evidence: [{ pointer: '/content/0', quote: text.slice(0, 300) }] },
      ...{ explanation: text, judge: null, costUsd: 0.5 },
    }),
  );
  return { run: { ...key, ...bits, scorerSet: 'set', final: given.final ?? true }, scores };
}

/** Everything that is stored of a call, without the times. */
async function readCall(callId: string) {
  const [runs, scores] = await Promise.all([
    owner.selectFrom('scoringRun').selectAll().where('callId', '=', callId).execute(),
    owner.selectFrom('score').selectAll().where('callId', '=', callId).orderBy('scorer').execute(),
  ]);
  const withoutIds = (rows: readonly object[]) =>
    rows.map((row) => ({ ...row, callId: '', subjectId: '', createdAt: null, scoredAt: null }));
  return { runs: withoutIds(runs), scores: withoutIds(scores) };
}

describe('passes that are recorded together', () => {
  it('leave what each leaves when it is recorded by itself, whatever their text', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 3 }), {
          minLength: 1,
          maxLength: 4,
        }),
        async (calls) => {
          const together = calls.map((texts) => scoringOf({ texts }));
          const alone = calls.map((texts) => scoringOf({ texts }));
          expect(await recordScorings(database, together)).toEqual(calls.map(() => 'first'));
          for (const [index, { run, scores }] of alone.entries()) {
            await recordScoring(database, run, scores);
            expect(await readCall(together[index]!.run.callId)).toEqual(await readCall(run.callId));
          }
        },
      ),
      { numRuns: RUNS },
    ));

  it('change nothing when they are recorded again', async () => {
    const scoring = scoringOf({ texts: ['once'] });
    await recordScorings(database, [scoring]);
    const before = await readCall(scoring.run.callId);
    const again = scoringOf({ callId: scoring.run.callId, bit: 2, texts: ['other', 'and more'] });
    const provisional = { ...again, run: { ...again.run, final: false } };
    expect(await recordScorings(database, [again, provisional, scoringOf({})])).toEqual(['known', 'known', 'first']);
    expect(await readCall(scoring.run.callId)).toEqual(before);
  });

  it('leave later commits of their connection waiting for the disk', async () => {
    const pool = createPool({ connectionString: test.connectionString, role: 'evaluator', poolMax: 1 });
    const single = createDatabase(pool);
    // The servers of tests never wait.
    await pool.query('SET synchronous_commit = local');
    await recordScorings(single, [scoringOf({ texts: ['any'] })]);
    expect((await pool.query('SHOW synchronous_commit')).rows).toEqual([{ synchronous_commit: 'local' }]);
    await single.destroy();
  });

  it('replace what was recorded before the outcome was known, also within one batch', async () => {
    const before = scoringOf({ final: false, bit: 1, texts: ['too early'] });
    const { callId } = before.run;
    const after = scoringOf({ callId, bit: 2, texts: ['as it was'] });
    expect(await recordScorings(database, [before, after])).toEqual(['first', 'corrected']);
    const { runs, scores } = await readCall(callId);
    expect(runs).toMatchObject([{ passed: Buffer.of(2), final: true }]);
    expect(scores).toMatchObject([{ explanation: 'as it was' }]);
  });
});
