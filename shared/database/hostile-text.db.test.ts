import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleCallRecord } from '../testing/sample-call-record.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { createCallStore } from './call-store.ts';
import { storableText } from './columns.ts';
import { createDatabase, createPool, type Database } from './connect.ts';
import { recordDeadLetter } from './dead-letter-store.ts';
import { readNewFailures, recordFailures } from './failure-store.ts';
import { recordJudgeSkip, writeEvaluation } from './judge-store.ts';
import { listCalls, listScores, readCallDetail } from './list-calls.ts';
import { loadCall, loadSessionCalls } from './load-call.ts';
import { insertScores, recordScoring } from './score-store.ts';
import { closeSession, readOpenSession } from './session-closing.ts';

const PROJECT = 'default';
/** Texts with NUL and lone surrogates, as they come from clients, upstreams, tools and other gateways. */
const hostile = fc.string({
  unit: fc.constantFrom('a', '"', '\\', '\u0000', '\ud800', '\udc00', '\ufffe', '😀', '\u202e', '\n'),
  minLength: 1,
  maxLength: 8,
});
const RUNS = 40;

describe('NUL and lone surrogates', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = createDatabase(createPool({ connectionString: testDatabase.connectionString, role: 'owner' }));
    await database
      .insertInto('project')
      .values({ projectId: PROJECT, blockKey: Buffer.alloc(32, 1) })
      .execute();
  });
  afterAll(async () => {
    await database.destroy();
    await testDatabase.drop();
  });

  /** One call of which every text that others control is hostile. */
  const recordOf = (word: string) =>
    sampleCallRecord({
      call: {
        ...{ sessionId: `s ${word}`, developer: word, repo: word, agentId: word, parentAgentId: word },
        ...{ requestModel: word, responseModel: word, provider: word, stopReason: word, upstreamStopReason: word },
        ...{ errorType: word, clientFormat: word, upstreamFormat: word, ruleId: word, priceVersion: word },
        candidates: [{ model: word, weight: 1 }],
        attempts: [
          { provider: word, model: word, startedAtMs: 0, durationMs: 1, outcome: 'http_error' as const, error: word },
        ],
        losses: [{ kind: 'dropped' as const, pointer: `/${word}`, format: word, detail: word }],
      },
      content: {
        request: {
          model: word,
          [word]: word,
          system: [{ type: 'text', text: word, cache_control: { type: word } }],
          messages: [
            { role: 'user', content: [{ type: 'tool_result', tool_use_id: word, content: word, [word]: null }] },
          ],
          tools: [{ name: word, input_schema: { [word]: { enum: [word] } } }],
        },
        response: {
          role: 'assistant',
          content: [{ type: 'tool_use', id: word, name: word, input: { [word]: word } }],
          stop_reason: word,
        },
        upstreamRaw: word,
      },
    });

  it('break no row of a batch: content comes back as it was, and what is shown is readable', async () => {
    const store = createCallStore(database);
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 4 }), async (words) => {
        const records = words.map(recordOf);
        const plain = sampleCallRecord();
        expect(await store.store([...records, plain])).toHaveLength(records.length + 1);
        for (const [index, record] of records.entries()) {
          const { callId } = record.call;
          const loaded = await loadCall(database, PROJECT, callId);
          expect(loaded?.request).toEqual(record.request);
          expect(loaded?.response).toEqual(record.response);
          expect(loaded?.upstreamRaw).toBe(record.upstreamRaw);
          expect(loaded?.call.losses[0]?.detail).toBe(storableText(words[index] ?? ''));
          const session = await loadSessionCalls(database, PROJECT, record.call.sessionId);
          expect(session.some(({ call }) => call.callId === callId)).toBe(true);
          const detail = await readCallDetail(database, PROJECT, callId);
          expect(JSON.stringify(detail)).toEqual(JSON.stringify(detail).toWellFormed());
          expect(await listCalls(database, PROJECT, { limit: 1, sessionId: record.call.sessionId })).toHaveLength(1);
        }
      }),
      { numRuns: RUNS, examples: [[['\n']]] },
    );
  });

  it('break no score, no failure, no verdict and no dead letter', async () => {
    const store = createCallStore(database);
    await fc.assert(
      fc.asyncProperty(hostile, async (word) => {
        const record = recordOf(word);
        await store.store([record]);
        const { callId, sessionId } = record.call;
        const bits = { passed: Buffer.alloc(1), notApplicable: Buffer.alloc(1) };
        const score = {
          ...{ projectId: PROJECT, callId, scorer: 's', scorerVersion: '1', sample: 0, metric: 'toolUse' as const },
          ...{ status: 'scored' as const, outcome: 'fail' as const, value: 0, owner: 'provider' as const },
          ...{ severity: 'error' as const, confidence: null, samplingProbability: 1, costUsd: 0 },
          ...{ evidence: [{ pointer: `/${word}`, quote: word }], explanation: word },
          judge: { model: word, promptHash: word },
        };
        const ofCall = { ...score, subjectType: 'call' as const, subjectId: callId, pass: 'call' as const };
        const ofSession = { ...score, subjectType: 'session' as const, subjectId: sessionId, pass: 'session' as const };
        const run = { projectId: PROJECT, callId, scorerSet: 'v', pass: 'call', ...bits, final: true };
        expect(await recordScoring(database, run, [ofCall])).toBe('first');
        await insertScores(database, [ofSession]);
        expect(await listScores(database, PROJECT, { callId, limit: 10 })).toHaveLength(2);
        await writeEvaluation(database, PROJECT, `key ${callId}`, { verdict: word, [word]: word }, callId);
        const skip = { rubric: 'r', reason: 'not_sampled' as const, samplingProbability: 1 };
        await recordJudgeSkip(database, { projectId: PROJECT, callId, ...skip });
        const letter = {
          projectId: PROJECT,
          queue: 'q',
          jobId: callId,
          callId,
          reason: word,
          payload: { [word]: word },
        };
        expect(await recordDeadLetter(database, letter, 'test')).toBe(true);
        const failures = await readNewFailures(database, PROJECT, { since: new Date(0), limit: 10 });
        const entries = failures.map((failure) => ({
          failure,
          facts: { stage: 'tool_use' as const, check: word, turnShape: 'x', expectedVsActual: word, template: word },
          signature: `signature ${failure.callId}`,
          signatureAlgorithm: 1,
        }));
        expect((await recordFailures(database, PROJECT, entries)).recorded).toBe(entries.length);
        const open = await readOpenSession(database, PROJECT, sessionId);
        expect(open?.firstCallId).toBeDefined();
        const closing = { projectId: PROJECT, sessionId, lastCallId: open?.lastCallId ?? '', closedAt: new Date() };
        const parts = { quality: 0, qualityByRule: 0, judgedBy: [] };
        expect(await closeSession(database, { ...closing, ...parts, hardFailure: true })).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });
});
