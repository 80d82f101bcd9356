import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { Registry } from 'prom-client';
import { type CallStore, createCallStore } from '#shared/database/call-store.ts';
import { createDatabase, createPool, type Database } from '#shared/database/connect.ts';
import type { Call } from '#shared/domain/call.ts';
import type { CallRecord } from '#shared/domain/call-record.ts';
import type { JudgeJob } from '#shared/queue/jobs.ts';
import { sampleCallRecord } from '#shared/testing/sample-call-record.ts';
import { createTestDatabase } from '#shared/testing/test-database.ts';
import type { EvaluatorDeps } from '../evaluator-deps.ts';
import { createEvaluatorMetrics } from '../evaluator-metrics.ts';
import type { JudgePanel, PanelJudge } from '../judge-panel.ts';
import { LIST_TOOL, openAiReply, READ_TOOL, results, type ToolUse, toolUse } from '../scorers/cases/scorer-case.ts';

export const IDLE_MS = 600_000;
/** The arguments of two calls in one, as providers write them that run parallel calls together. */
export const MERGED = '{"file_path":"a"}{"file_path":"b"}';

/** A database with one project, seen with the evaluator's own rights, and what scoring needs around it. */
export interface EvaluatorFixture {
  readonly connectionString: string;
  /** With all rights, to look and to prepare. */
  readonly owner: Database;
  readonly calls: CallStore;
  readonly deps: EvaluatorDeps;
  /** Moves the clock to so long after a moment, milliseconds. */
  setNow(ms: number): void;
  close(): Promise<void>;
}

export async function openEvaluatorFixture(): Promise<EvaluatorFixture> {
  const testDatabase = await createTestDatabase();
  const { connectionString } = testDatabase;
  const owner = createDatabase(createPool({ connectionString, role: 'owner' }));
  const database = createDatabase(createPool({ connectionString, role: 'evaluator' }));
  await owner
    .insertInto('project')
    .values({ projectId: 'default', blockKey: randomBytes(32) })
    .execute();
  let now = Date.UTC(2026, 0, 7, 13);
  const deps: EvaluatorDeps = {
    database,
    log: pino({ level: 'silent' }),
    metrics: createEvaluatorMetrics(new Registry()),
    now: () => now,
    panel: null,
    nonce: () => randomBytes(12).toString('hex'),
    sessions: { idleMs: IDLE_MS, openMaxMs: 24 * 3_600_000 },
  };
  return {
    connectionString,
    owner,
    calls: createCallStore(owner),
    deps,
    setNow(ms) {
      now = ms;
    },
    async close() {
      await Promise.all([owner.destroy(), database.destroy()]);
      await testDatabase.drop();
    },
  };
}

/** A panel whose jobs are kept instead of queued. */
export function panelOf(
  judges: readonly [PanelJudge, ...PanelJudge[]],
  callShare = 1,
): JudgePanel & { readonly jobs: JudgeJob[] } {
  const jobs: JudgeJob[] = [];
  return { judges, callShare, jobs, enqueue: async (job) => void jobs.push(job) };
}

export interface AgentTurn {
  readonly calls?: readonly ToolUse[];
  readonly text?: string;
  /** What the tools answer in the next turn; a text that begins with `!` is flagged as an error. */
  readonly results?: readonly string[];
  /** Arguments texts of the raw reply; the calls' own inputs when absent. */
  readonly raw?: readonly string[];
  readonly call?: Partial<Call>;
}

/** The records of an agent's session, each request holding all that went before. */
export function agentSession(sessionId: string, turns: readonly AgentTurn[]): CallRecord[] {
  const messages: unknown[] = [{ role: 'user', content: `Look into the files of ${sessionId}` }];
  return turns.map((turn) => {
    const calls = (turn.calls ?? []).map((call, index) => toolUse(call, index));
    const content = [...(turn.text === undefined ? [] : [{ type: 'text', text: turn.text }]), ...calls];
    const stopReason = calls.length > 0 ? 'tool_use' : 'end_turn';
    const rawArguments = turn.raw ?? calls.map((call) => JSON.stringify(call['input']));
    const record = sampleCallRecord({
      call: { sessionId, stopReason, ...turn.call },
      content: {
        request: {
          model: 'claude-sonnet-4-5',
          max_tokens: 1_000,
          tools: [READ_TOOL, LIST_TOOL],
          messages: structuredClone(messages),
        },
        response: {
          id: `msg_${messages.length}`,
          type: 'message',
          role: 'assistant',
          model: 'claude-sonnet-4-5',
          content,
          stop_reason: stopReason,
          stop_sequence: null,
          usage: { input_tokens: 20, output_tokens: 5 },
        },
        upstreamRaw: openAiReply(
          rawArguments.map((text, index) => ({ name: String(calls[index]?.['name'] ?? 'Read'), arguments: text })),
          calls.length > 0 ? 'tool_calls' : 'stop',
        ),
      },
    });
    messages.push({ role: 'assistant', content });
    if (turn.results !== undefined) {
      messages.push(
        results(turn.results.map((text) => ({ result: text.replace(/^!/, ''), flaggedError: text.startsWith('!') }))),
      );
    }
    return record;
  });
}

export function readSession(database: Database, sessionId: string) {
  return database.selectFrom('session').selectAll().where('sessionId', '=', sessionId).executeTakeFirstOrThrow();
}

/** Everything that scoring left behind, in a stable order, without moments. */
export async function readRows(database: Database) {
  const runs = await database.selectFrom('scoringRun').selectAll().orderBy('callId').orderBy('pass').execute();
  const scores = await database
    .selectFrom('score')
    .selectAll()
    .orderBy('callId')
    .orderBy('pass')
    .orderBy('scorer')
    .execute();
  const skips = await database.selectFrom('judgeSkip').selectAll().orderBy('callId').orderBy('rubric').execute();
  return {
    runs: runs.map(({ scoredAt: _scoredAt, ...run }) => run),
    scores: scores.map(({ createdAt: _createdAt, ...score }) => score),
    skips,
  };
}
