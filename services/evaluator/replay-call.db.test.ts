import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelConfig } from '#shared/config/config-schema.ts';
import { createReplays, listReplays, type NewReplay, readReplay } from '#shared/database/replay-store.ts';
import { brokenUpstream, invalidRequest } from '#shared/formats/api-error.ts';
import { JOB_ATTEMPTS } from '#shared/queue/queue-limits.ts';
import { giveUpReplay, type ReplayDeps, replayCall, type SendReplay } from './replay-call.ts';
import type { ReplayReply } from './replay-result.ts';
import { openAiReply, toolUse } from './scorers/cases/scorer-case.ts';
import { SCORER_SET_VERSION } from './scorers/registry.ts';
import {
  agentSession,
  type EvaluatorFixture,
  MERGED,
  openEvaluatorFixture,
  readRows,
} from './testing/evaluator-fixture.ts';

const MODEL: ModelConfig = { id: 'gpt-5-mini', provider: 'openai', aliases: [], price: { input: 1, output: 2 } };
const PREFIX = 'One call per block.';
const NEVER = new AbortController().signal;

let fixture: EvaluatorFixture;
let callId: string;
beforeAll(async () => {
  fixture = await openEvaluatorFixture();
  const records = agentSession('to be replayed', [{ calls: [{ input: MERGED }], raw: [MERGED] }]);
  callId = records[0]!.call.callId;
  await fixture.calls.store(records);
  await fixture.owner
    .insertInto('prefix')
    .values({ projectId: 'default', prefixId: 'prefix-1', body: PREFIX, author: 'test' })
    .execute();
});
afterAll(() => fixture.close());

function reply(calls: readonly (readonly [unknown, string])[]): ReplayReply {
  return {
    ok: true,
    message: {
      role: 'assistant',
      content: calls.map(([input], index) => toolUse({ input }, index)),
      stop_reason: 'tool_use',
    },
    losses: [],
    raw: openAiReply(calls.map(([, text]) => ({ name: 'Read', arguments: text }))),
    upstreamFormat: 'openai-chat',
    durationMs: 12,
    inputTokens: 100,
    outputTokens: 10,
    costUsd: 0.00012,
  };
}

/** A model that merges its calls unless the prefix tells it not to. */
const merging: SendReplay = async ({ prefix }) =>
  prefix === PREFIX
    ? reply([
        [{ file_path: 'a' }, '{"file_path":"a"}'],
        [{ file_path: 'b' }, '{"file_path":"b"}'],
      ])
    : reply([[MERGED, MERGED]]);

function depsWith(send: SendReplay): ReplayDeps {
  return { ...fixture.deps, models: new Map([[MODEL.id, MODEL]]), send };
}

async function create(replayId: string, change: Partial<NewReplay> = {}) {
  const replay = { projectId: 'default', promptRunId: null, callId, model: MODEL.id, prefixId: null, sample: 0 };
  await createReplays(fixture.deps.database, [{ ...replay, replayId, scorerSet: SCORER_SET_VERSION, ...change }]);
  return { projectId: 'default', replayId, attempt: 1 };
}

describe('replayCall', () => {
  it('shows by the same scorers as traffic that a prefix mends a call', async () => {
    await replayCall(depsWith(merging), await create('seed'), NEVER);
    await replayCall(depsWith(merging), await create('candidate', { prefixId: 'prefix-1' }), NEVER);
    const replays = await listReplays(fixture.deps.database, 'default', ['seed', 'candidate']);
    const resultOf = (id: string) => replays.find((replay) => replay.replayId === id)?.result;
    expect(resultOf('seed')).toMatchObject({
      toolUse: 0,
      outcomes: { parallel_collapsed: 'fail', args_malformed_json: 'not_applicable' },
      error: null,
    });
    expect(resultOf('seed')?.failures).toContainEqual({
      scorer: 'parallel_collapsed',
      owner: 'provider',
      severity: 'fatal',
      expectedVsActual: 'arguments json -> concatenated objects',
    });
    expect(resultOf('candidate')).toMatchObject({ toolUse: 1, fidelity: 1, failures: [], stopReason: 'tool_use' });
    expect(replays.every((replay) => replay.status === 'done' && replay.costUsd === 0.00012)).toBe(true);
  });

  it('sends the stored request, and leaves no score of traffic', async () => {
    let sent: unknown;
    const send: SendReplay = async (request) => {
      sent = request.canonical.body.messages;
      return merging(request);
    };
    await replayCall(depsWith(send), await create('sent'), NEVER);
    expect(sent).toEqual([{ role: 'user', content: 'Look into the files of to be replayed' }]);
    expect(await readRows(fixture.owner)).toEqual({ runs: [], scores: [], skips: [] });
  });

  it('is done once, whatever is delivered again', async () => {
    const job = await create('once');
    let count = 0;
    const send: SendReplay = async (request) => {
      count += 1;
      return merging(request);
    };
    await replayCall(depsWith(send), job, NEVER);
    const first = await readReplay(fixture.deps.database, 'default', 'once');
    await replayCall(depsWith(send), job, NEVER);
    await create('once', { model: 'another' });
    expect(count).toBe(1);
    expect(await readReplay(fixture.deps.database, 'default', 'once')).toEqual(first);
  });

  it('is tried again after an outage, and ends as an error without scores when that lasts', async () => {
    const job = await create('outage');
    const down = depsWith(async () => ({ ok: false, error: brokenUpstream('connection lost') }));
    await expect(replayCall(down, job, NEVER)).rejects.toMatchObject({ retryable: true });
    expect((await readReplay(fixture.deps.database, 'default', 'outage'))?.status).toBe('pending');
    await replayCall(down, { ...job, attempt: JOB_ATTEMPTS }, NEVER);
    expect(await readReplay(fixture.deps.database, 'default', 'outage')).toMatchObject({
      status: 'error',
      result: { toolUse: null, fidelity: null, outcomes: {}, error: 'api_error: connection lost' },
    });
  });

  it.each([
    ['a refused request', {}, /invalid_request_error: too long/],
    ['a model that is not configured', { model: 'gpt-unlisted' }, /gpt-unlisted is not configured/],
    ['a prefix that does not exist', { prefixId: 'nowhere' }, /prefix nowhere does not exist/],
    ['another set of scorers', { scorerSet: 'deterministic-0' }, /deterministic-0 is not the one in force/],
    ['a call that is gone', { callId: '019b0000-0000-7000-8000-000000000009' }, /not stored/],
  ] as const)('makes an error of %s', async (name, change, message) => {
    const refusing = depsWith(async () => ({ ok: false, error: invalidRequest('too long') }));
    await replayCall(refusing, await create(name, change), NEVER);
    const replay = await readReplay(fixture.deps.database, 'default', name);
    expect(replay).toMatchObject({ status: 'error', result: { toolUse: null } });
    expect(replay?.result?.error).toMatch(message);
  });

  it('is given up when its job is, and never after it was done', async () => {
    await create('given up');
    await giveUpReplay(fixture.deps, { projectId: 'default', replayId: 'given up' }, 'worker died');
    expect(await readReplay(fixture.deps.database, 'default', 'given up')).toMatchObject({
      status: 'error',
      result: { error: 'worker died' },
    });
    await giveUpReplay(fixture.deps, { projectId: 'default', replayId: 'seed' }, 'worker died');
    expect((await readReplay(fixture.deps.database, 'default', 'seed'))?.status).toBe('done');
  });
});
