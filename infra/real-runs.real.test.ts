import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sql } from 'kysely';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCallStore } from '#shared/database/call-store.ts';
import { loadSessionCalls } from '#shared/database/load-call.ts';
import { readEnvironment } from '#shared/environment.ts';
import { SCORE_QUEUE } from '#shared/queue/names.ts';
import { createQueueBackend, type QueueBackend } from '#shared/queue/queue-backend.ts';
import { type IngestReport, ingestFile } from '../services/evaluator/ingest/ingest-file.ts';
import { startWholeSystem, type WholeSystem } from './testing/whole-system.ts';

const FOLDER = readEnvironment(process.env).realDataDir;
const FILE = FOLDER === undefined ? '' : join(FOLDER, 'tau-bench', 'airline-gpt-4o.jsonl.gz');
const LABELS = FOLDER === undefined ? '' : join(FOLDER, 'tau-bench', 'labels.jsonl.gz');
const isThere = existsSync(FILE);
if (!isThere) {
  process.stdout.write(
    'SKIPPED: no recorded run goes through the system, TRIMTAB_REAL_DATA does not lead to tau-bench\n',
  );
}

/** Calls to two passes each, in two queues of one machine that other tests use as well. */
const SCORED_WITHIN = { timeout: 120_000, interval: 250 };
const MIN_CLUSTER_SESSIONS = 2;
/** Whose faults the optimizer can steer around: a fault of the client or of ours lowers no model's weight. */
const STEERABLE = `owner IN ('provider', 'tool')`;

describe.skipIf(!isThere)('recorded airline runs of tau-bench, through the whole system', () => {
  let system: WholeSystem;
  let backend: QueueBackend;
  let report: IngestReport;
  const opened: string[] = [];
  const raw = isThere ? countRaw(FILE) : null!;

  async function ingest(): Promise<IngestReport> {
    const deps = {
      callStore: createCallStore(system.database),
      queue: backend.openQueue(SCORE_QUEUE),
      openFile: (path: string) => {
        opened.push(path);
        return createReadStream(path);
      },
    };
    const origin = { model: 'gpt-4o', provider: 'openai', projectId: 'default', startedAt: Date.UTC(2026, 0, 1) };
    return await ingestFile(deps, { path: FILE, format: 'openai-chat', ...origin });
  }

  async function query(statement: string): Promise<Record<string, unknown>[]> {
    return (await sql.raw<Record<string, unknown>>(statement).execute(system.database)).rows;
  }

  beforeAll(async () => {
    system = await startWholeSystem({
      providers: { openai: { apiKey: `\${TEST_API_KEY}` } },
      models: [{ id: 'gpt-4o', provider: 'openai', price: { input: 2.5, output: 10 } }],
      routes: [{ match: { model: 'gpt-4o' }, targets: [{ model: 'gpt-4o', weight: 1 }] }],
      optimizer: { controllerInterval: '500ms', minClusterSessions: MIN_CLUSTER_SESSIONS },
    });
    const { DATABASE_URL: databaseUrl = '' } = system.environment;
    backend = createQueueBackend({ log: pino({ level: 'silent' }) }, { databaseUrl });
    report = await ingest();
  });
  afterAll(async () => {
    await backend?.close();
    await system?.stop();
  });

  it('become one call for every assistant turn, without a look at the labels', async () => {
    const all = { lines: raw.runs, runs: raw.runs, calls: raw.turns, newCalls: raw.turns };
    expect(report).toEqual({ ...all, skipped: 0, skippedLines: [] });
    expect(existsSync(LABELS)).toBe(true);
    expect(opened).toEqual([FILE]);
    const rows = await query(`
      SELECT count(*) AS calls, count(DISTINCT session_id) AS sessions, count(parent_call_id) AS continued,
        count(*) FILTER (WHERE stop_reason = 'tool_use') AS with_tools,
        (SELECT sum(call_count)::int FROM session) AS counted
      FROM call`);
    const continued = raw.turns - raw.runs;
    const withTools = raw.turnsWithTools;
    expect(rows).toEqual([{ calls: raw.turns, sessions: raw.runs, continued, withTools, counted: raw.turns }]);
  });

  it('form sessions in which every turn continues the one before', async () => {
    const sessions = await system.database.selectFrom('session').select(['sessionId', 'callCount']).execute();
    for (const { sessionId, callCount } of sessions) {
      const calls = await loadSessionCalls(system.database, 'default', sessionId);
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

  it('are scored, every turn at once and by its outcome, and find every tool error that is in the file', async () => {
    await vi.waitFor(async () => {
      const runs = await query(
        'SELECT pass, count(DISTINCT call_id) AS calls FROM scoring_run GROUP BY pass ORDER BY pass',
      );
      expect(runs).toEqual([
        { pass: 'call', calls: raw.turns },
        { pass: 'outcome', calls: raw.turns },
      ]);
    }, SCORED_WITHIN);
    const checks = await query(`
      SELECT scorer, pass, outcome, coalesce(owner, '-') AS owner, count(*) AS scores, count(DISTINCT call.session_id) AS sessions
      FROM score JOIN call USING (call_id) WHERE outcome <> 'pass' AND subject_type = 'call'
      GROUP BY scorer, pass, outcome, score.owner ORDER BY outcome, scorer, pass, owner`);
    const [pace] = await query(`
      SELECT count(*) AS passes, extract(epoch FROM max(scored_at) - min(scored_at))::float8 AS seconds FROM scoring_run`);
    process.stdout.write(`${raw.turns} turns of ${raw.runs} runs: ${JSON.stringify(pace)}\n${tableOf(checks)}`);

    const errors = await query(`
      SELECT count(DISTINCT call_id) AS calls, count(DISTINCT call.session_id) AS sessions
      FROM score JOIN call USING (call_id) WHERE scorer = 'tool_result_error' AND outcome = 'fail'`);
    expect(raw.toolErrors).toBeGreaterThan(0);
    expect(errors).toEqual([{ calls: raw.toolErrors, sessions: raw.runsWithToolErrors }]);
    const quoted = await query(`
      SELECT DISTINCT left(evidence->0->>'quote', 5) AS quote FROM score
      WHERE scorer = 'tool_result_error' AND outcome = 'fail'`);
    expect(quoted).toEqual([{ quote: 'Error' }]);
  });

  it('group their failures: each is in a cluster, or was met by too few sessions for one', async () => {
    const failures = await query(`SELECT count(*) AS scores FROM score WHERE outcome = 'fail' AND ${STEERABLE}`);
    await vi.waitFor(async () => {
      expect(await query('SELECT count(*) AS scores FROM failure_event')).toEqual(failures);
      const overdue = await query(`
        SELECT template_id FROM failure_event GROUP BY template_id
        HAVING count(DISTINCT session_id) >= ${MIN_CLUSTER_SESSIONS} AND NOT EXISTS (
          SELECT 1 FROM cluster_assignment AS live
          WHERE live.template_id = failure_event.template_id AND valid_to IS NULL)`);
      expect(overdue).toEqual([]);
    }, SCORED_WITHIN);
    const early = await query(`
      SELECT count(*) AS clusters FROM failure_cluster AS cluster WHERE EXISTS (
          SELECT 1 FROM cluster_assignment AS live WHERE live.cluster_id = cluster.cluster_id AND valid_to IS NULL)
        AND ${MIN_CLUSTER_SESSIONS} > (
          SELECT count(DISTINCT session_id) FROM failure_event JOIN cluster_assignment AS live USING (template_id)
          WHERE live.cluster_id = cluster.cluster_id AND live.valid_to IS NULL)`);
    expect(early).toEqual([{ clusters: 0 }]);
    const clusters = await query(`
      SELECT title, check_id, event_count::int AS events, session_count::int AS sessions
      FROM failure_cluster ORDER BY event_count DESC, title`);
    const alone = await query(`
      SELECT count(*) AS events FROM failure_event WHERE NOT EXISTS (
        SELECT 1 FROM cluster_assignment AS live
        WHERE live.template_id = failure_event.template_id AND valid_to IS NULL)`);
    process.stdout.write(`${tableOf(clusters)}in no cluster: ${JSON.stringify(alone[0])}\n`);
    expect(clusters.length).toBeGreaterThan(0);
    const inClusters = clusters.reduce((sum, { events }) => sum + Number(events), 0);
    expect(inClusters + Number(alone[0]!['events'])).toBe(failures[0]!['scores']);
  });

  it('change nothing when they are read again', async () => {
    const count = () =>
      query('SELECT (SELECT count(*) FROM scoring_run) AS runs, (SELECT count(*) FROM score) AS scores');
    // Sessions are closed in their own time, and closing one writes scores.
    await vi.waitFor(async () => {
      expect(await query('SELECT count(*) AS open FROM session WHERE quality_at IS NULL')).toEqual([{ open: 0 }]);
    }, SCORED_WITHIN);
    const before = await count();
    expect(await ingest()).toMatchObject({ calls: raw.turns, newCalls: 0 });
    const queue = backend.openQueue(SCORE_QUEUE);
    const nothing = { waiting: 0, active: 0, delayed: 0, failed: 0 };
    await vi.waitFor(async () => expect(await queue.counts()).toMatchObject(nothing), SCORED_WITHIN);
    expect(await count()).toEqual(before);
  });
});

interface RawCounts {
  readonly runs: number;
  readonly turns: number;
  readonly turnsWithTools: number;
  /** Turns after which a tool message begins with "Error". */
  readonly toolErrors: number;
  readonly runsWithToolErrors: number;
}

interface RawMessage {
  readonly role: string;
  readonly content: string | null;
  readonly tool_calls?: readonly unknown[] | null;
}

/** Counted from the messages as they stand in the file, by nothing that the system uses. */
function countRaw(path: string): RawCounts {
  const lines = gunzipSync(readFileSync(path))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  const counts = { runs: 0, turns: 0, turnsWithTools: 0, toolErrors: 0, runsWithToolErrors: 0 };
  for (const line of lines) {
    const { messages } = JSON.parse(line) as { messages: readonly RawMessage[] };
    const turns = messages.filter(({ role }) => role === 'assistant');
    const errors = new Set<RawMessage>();
    for (const [index, message] of messages.entries()) {
      if (message.role !== 'tool' || message.content?.startsWith('Error') !== true) continue;
      errors.add(messages.slice(0, index).findLast(({ role }) => role === 'assistant')!);
    }
    counts.runs += 1;
    counts.turns += turns.length;
    counts.turnsWithTools += turns.filter((turn) => (turn.tool_calls ?? []).length > 0).length;
    counts.toolErrors += errors.size;
    counts.runsWithToolErrors += errors.size > 0 ? 1 : 0;
  }
  return counts;
}

function tableOf(rows: readonly Record<string, unknown>[]): string {
  return rows.map((row) => `  ${Object.values(row).join(' | ')}\n`).join('');
}
