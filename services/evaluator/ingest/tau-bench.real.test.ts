import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCallStore } from '#shared/database/call-store.ts';
import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import { loadSessionCalls } from '#shared/database/load-call.ts';
import { readEnvironment } from '#shared/environment.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { ingestFile } from './ingest-file.ts';

const FOLDER = readEnvironment(process.env).realDataDir;
const FILE = FOLDER === undefined ? '' : join(FOLDER, 'tau-bench', 'airline-gpt-4o.jsonl.gz');
const isThere = existsSync(FILE);
if (!isThere)
  process.stdout.write('SKIPPED: tau-bench runs are not ingested, TRIMTAB_REAL_DATA does not lead to them\n');

/**
 * Counted independently of this code, over the unpacked file:
 * `jq -s length`, `jq '.messages[] | select(.role == "assistant")' | jq -s length`, the same with `.tool_calls`.
 */
const RUNS = 68;
const ASSISTANT_TURNS = 930;
const TURNS_WITH_TOOL_CALLS = 491;

describe.skipIf(!isThere)('the recorded airline runs of tau-bench', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  const opened: string[] = [];
  const jobs = new Set<string>();

  const ingest = () =>
    ingestFile(
      {
        callStore: createCallStore(database),
        queue: {
          addBulk: async (added) => {
            for (const { id } of added) jobs.add(id);
          },
        },
        openFile: (path) => {
          opened.push(path);
          return createReadStream(path);
        },
      },
      { path: FILE, format: 'openai-chat', model: 'gpt-4o', projectId: 'default', startedAt: Date.UTC(2026, 0, 1) },
    );

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const owner = createDatabase(createPool({ connectionString: testDatabase.connectionString, role: 'owner' }));
    await owner
      .insertInto('project')
      .values({ projectId: 'default', blockKey: Buffer.alloc(32, 1) })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await owner.destroy();
    database = createDatabase(createPool({ connectionString: testDatabase.connectionString, role: 'evaluator' }));
  });
  afterAll(async () => {
    await database.destroy();
    await testDatabase.drop();
  });

  it('become one call for every assistant turn, once, without a look at the labels', async () => {
    const report = await ingest();
    expect(report).toEqual({
      lines: RUNS,
      runs: RUNS,
      calls: ASSISTANT_TURNS,
      newCalls: ASSISTANT_TURNS,
      skipped: 0,
      skippedLines: [],
    });
    expect(await ingest()).toMatchObject({ calls: ASSISTANT_TURNS, newCalls: 0 });
    expect(opened).toEqual([FILE, FILE]);
    expect(jobs.size).toBe(ASSISTANT_TURNS + (ASSISTANT_TURNS - RUNS));

    const { rows } = await sql<Record<string, number>>`
      SELECT count(*) AS calls, count(DISTINCT session_id) AS sessions, count(parent_call_id) AS continued,
        count(*) FILTER (WHERE stop_reason = 'tool_use') AS with_tools,
        (SELECT sum(call_count)::int FROM session) AS counted
      FROM call`.execute(database);
    expect(rows).toEqual([
      {
        calls: ASSISTANT_TURNS,
        sessions: RUNS,
        continued: ASSISTANT_TURNS - RUNS,
        withTools: TURNS_WITH_TOOL_CALLS,
        counted: ASSISTANT_TURNS,
      },
    ]);
  });

  it('form sessions in which every turn continues the one before', async () => {
    const sessions = await database.selectFrom('session').select(['sessionId', 'callCount']).execute();
    for (const { sessionId, callCount } of sessions) {
      const calls = await loadSessionCalls(database, 'default', sessionId);
      expect(calls).toHaveLength(callCount);
      for (const [index, { call, request }] of calls.entries()) {
        const before = calls[index - 1];
        expect(call.parentCallId).toBe(before?.call.callId ?? null);
        const messages = request?.['messages'] as { role: string; content: unknown }[];
        const lastAnswer = messages.findLast(({ role }) => role === 'assistant');
        expect(lastAnswer?.content).toEqual(before?.response?.['content']);
      }
    }
  });
});
