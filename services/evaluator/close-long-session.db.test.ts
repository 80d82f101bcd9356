import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '#shared/database/connect.ts';
import { readEfforts } from '#shared/database/effort-store.ts';
import type { SessionCall } from '#shared/database/session-closing.ts';
import type { Call } from '#shared/domain/call.ts';
import { SESSION_QUEUE } from '#shared/queue/names.ts';
import type { QueueBackend } from '#shared/queue/queue-backend.ts';
import type { JobProcessor } from '#shared/queue/store-processor.ts';
import type { CustomScorer } from './custom-scorers/custom-scorer.ts';
import { scoreSession } from './score-session.ts';
import { scoreSessionParts } from './score-session-parts.ts';
import {
  type AgentTurn,
  agentSession,
  type EvaluatorFixture,
  IDLE_MS,
  MERGED,
  openEvaluatorFixture,
  readSession,
} from './testing/evaluator-fixture.ts';
import { openWorkers } from './worker.ts';

let fixture: EvaluatorFixture;
beforeAll(async () => {
  fixture = await openEvaluatorFixture();
});
afterAll(() => fixture.close());

/** Stores a session that is over: some of its calls continue others, some are sent twice, some fail. */
async function storeLongSession(
  sessionId: string,
  calls: number,
  change: (index: number) => Partial<Call> = () => ({}),
) {
  const records = Array.from({ length: calls / 4 }, (_value, index) => {
    const call = change(index);
    const turns: AgentTurn[] = [
      { calls: [{}], results: ['const a = 1;'], call },
      index % 3 === 0 ? { calls: [{ input: MERGED }], raw: [MERGED], call } : { text: `It is one, ${index}.`, call },
    ];
    return [...agentSession(sessionId, turns), ...agentSession(sessionId, turns)];
  }).flat();
  await fixture.calls.store(records);
  const last = records.at(-1)!.call;
  fixture.setNow(last.startedAt + last.durationMs + IDLE_MS);
  return records.map(({ call }) => call.callId);
}

/** What was found in the calls of a session, by their places in it. */
async function readFound(callIds: readonly string[]) {
  const rows = await fixture.owner
    .selectFrom('score')
    .selectAll()
    .where('callId', 'in', [...callIds])
    .execute();
  return rows
    .map(({ callId, pass, scorer, subjectType, outcome, value }) =>
      [callIds.indexOf(callId), pass, scorer, subjectType, outcome, value].join(' '),
    )
    .sort();
}

/** Passes everything, and tells how often it was asked. */
function countingScorer(onAsked: (times: number) => void): CustomScorer {
  let times = 0;
  const facts = { metric: 'code', owner: 'provider', severity: 'error', definition: 'It holds.' } as const;
  return {
    ...{ id: 'test/counting', version: '1', pass: 'call', ...facts },
    async score() {
      times += 1;
      onAsked(times);
      return { type: 'answered', result: { outcome: 'pass', evidence: [], detail: '' } };
    },
    close: async () => undefined,
  };
}

/** The same database, how many statements went to it, and how many of them search the calls behind one. */
function counting(database: Database) {
  const sent = { statements: 0, searches: 0 };
  const counted = database.withPlugin({
    transformQuery({ node }) {
      sent.statements += 1;
      if (node.kind === 'RawNode' && node.sqlFragments.join('').includes('FROM call AS first CROSS JOIN LATERAL'))
        sent.searches += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  return { sent, database: counted };
}

describe('closing a long session', () => {
  it('asks the database less than twice for each call, and searches for nothing behind it', async () => {
    const callIds = await storeLongSession('long', 120);
    const { sent, database } = counting(fixture.deps.database);
    await scoreSession({ ...fixture.deps, database }, { projectId: 'default', sessionId: 'long' });
    expect((await readSession(fixture.owner, 'long')).closedAt).not.toBeNull();
    expect(sent.statements).toBeLessThan(2 * callIds.length);
    expect(sent.searches).toBe(0);
  });

  it('stops between two calls when its worker closes, is no failure, and comes to the same when another goes on', async () => {
    const [undisturbed, stopped] = [await storeLongSession('undisturbed', 80), await storeLongSession('stopped', 80)];
    await scoreSession(fixture.deps, { projectId: 'default', sessionId: 'undisturbed' });

    const closing = new AbortController();
    const customScorers = [countingScorer((times) => times === 20 && closing.abort())];
    const close = sessionProcessor({ customScorers });
    await close({ sessionId: 'stopped' }, closing.signal);
    expect((await readSession(fixture.owner, 'stopped')).closedAt).toBeNull();
    const runs = await fixture.owner
      .selectFrom('scoringRun')
      .select('callId')
      .where('callId', 'in', stopped)
      .where('pass', '=', 'call')
      .where('scorerSet', 'not like', 'custom:%')
      .execute();
    // What was under way was brought to its end.
    expect(runs.length).toBeGreaterThanOrEqual(20);
    expect(runs.length).toBeLessThan(20 + 2 * 16);
    expect(await fixture.owner.selectFrom('deadLetter').selectAll().execute()).toEqual([]);

    await sessionProcessor({})({ sessionId: 'stopped' }, new AbortController().signal);
    const { quality, hardFailure, closedAt } = await readSession(fixture.owner, 'stopped');
    expect(closedAt).not.toBeNull();
    const { quality: expected } = await readSession(fixture.owner, 'undisturbed');
    expect({ quality, hardFailure }).toEqual({ quality: expected, hardFailure: true });
    expect(await readFound(stopped)).toEqual(await readFound(undisturbed));
  });

  it('has room for more sub-agents than a statement has parameters, and asks once for each kind of them', async () => {
    await storeLongSession('many agents', 4);
    const session = await readSession(fixture.owner, 'many agents');
    const calls = Array.from(
      { length: 6_000 },
      (_value, index): SessionCall => ({
        ...{ callId: session.firstCallId, parentCallId: null, agentId: `agent ${index}`, parentAgentId: null },
        ...{ turnShape: `shape ${index % 3}`, tokens: 10, status: 'ok', errorType: null, stopReason: null },
      }),
    );
    const { sent, database } = counting(fixture.deps.database);
    await scoreSessionParts({ database, now: fixture.deps.now }, session, calls, []);
    expect(await readEfforts(fixture.owner, 'default', 'many agents')).toHaveLength(6_001);
    expect(sent.statements).toBeLessThan(50);
  });
});

/** What a worker on the queue of sessions does with a job. */
function sessionProcessor(more: { readonly customScorers?: readonly CustomScorer[] }) {
  const processors = new Map<string, JobProcessor<unknown>>();
  const backend = {
    openWorker: (name: string, processor: JobProcessor<unknown>) => void processors.set(name, processor),
  } as unknown as QueueBackend;
  const send = () => Promise.reject(new Error('nothing is replayed here'));
  openWorkers({ ...fixture.deps, ...more, models: new Map(), send }, backend);
  return async ({ sessionId }: { readonly sessionId: string }, signal: AbortSignal) => {
    const job = { id: sessionId, name: SESSION_QUEUE, attempt: 5, start: 5, addedAtMs: 0 };
    await processors.get(SESSION_QUEUE)!({ ...job, data: { v: 1, projectId: 'default', sessionId } }, signal);
  };
}
