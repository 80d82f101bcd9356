import { randomBytes } from 'node:crypto';
import { sha256Hex } from '#shared/content-hash.ts';
import { createCallStore } from '#shared/database/call-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { readPrefix } from '#shared/database/policy-store.ts';
import { finishReplay, readReplay } from '#shared/database/replay-store.ts';
import { recordScoring } from '#shared/database/score-store.ts';
import { uuidV7 } from '#shared/domain/call-id.ts';
import { formatExplanation } from '#shared/domain/score-explanation.ts';
import type { Llm, StructuredRequest } from '#shared/llm/llm.ts';
import { teachFrom } from '#shared/testing/fake-teacher-reply.ts';
import { insertFailure, SHAPE } from '#shared/testing/optimizer-fixture.ts';
import { sampleCallRecord } from '#shared/testing/sample-call-record.ts';
import type { ReplayQueue } from '../replay-desk.ts';

export const SECRET_OF_TRAFFIC = 'the quarterly figures of the northern branch are kept in the blue cabinet';
export const SCORER_SET = 'deterministic-1';
/** What a prefix has to say for the scripted model to stop merging its calls. */
export const CURE = 'block of its own';

/** Stored calls of which some failed, with content that must not leak, scored as the evaluator would. */
export async function storeTraffic(
  owner: Database,
  traffic: {
    readonly project: string;
    readonly failing: number;
    readonly passing: number;
    readonly nowMs: number;
    readonly model?: string;
  },
): Promise<void> {
  const { project, failing, passing, nowMs, model = 'steady' } = traffic;
  const calls = createCallStore(owner);
  for (let index = 0; index < failing + passing; index += 1) {
    const startedAt = nowMs - 3_600_000 + index * 1_000;
    const callId = uuidV7(startedAt, randomBytes(10));
    const attempts = [{ provider: 'openai', model, startedAtMs: startedAt, durationMs: 1, outcome: 'ok' as const }];
    const sessionId = `s-${callId}`;
    const record = sampleCallRecord({
      call: {
        callId,
        startedAt,
        projectId: project,
        sessionId,
        turnShape: SHAPE,
        responseModel: model,
        attempts,
        usage: USAGE,
      },
    });
    const messages = [{ role: 'user', content: `${SECRET_OF_TRAFFIC} ${callId}` }];
    const content = [{ type: 'tool_use', id: 'toolu_1', name: 'Read', input: { path: SECRET_OF_TRAFFIC } }];
    const response = { ...record.response, content, stop_reason: 'tool_use' };
    await calls.store([{ ...record, request: { ...record.request, messages }, response }]);
    const run = { projectId: project, callId, scorerSet: SCORER_SET, pass: 'call' as const };
    await recordScoring(owner, { ...run, passed: Buffer.of(0), notApplicable: Buffer.of(0), final: true }, []);
    if (index >= failing) continue;
    const explanation = formatExplanation({
      expectedVsActual: 'arguments json -> concatenated objects',
      detail: 'several in one',
    });
    await insertFailure(owner, { project, callId, scorer: 'parallel_collapsed', owner: 'provider', explanation });
    await placeFailure(owner, { project, callId, sessionId, model, happenedAt: new Date(startedAt) });
  }
}

const USAGE = {
  ...{ inputTokens: 1_500, cacheReadInputTokens: 0, cacheCreationInputTokens: 0 },
  ...{ outputTokens: 80, reasoningOutputTokens: 0 },
};
const EXPECTED = 'arguments json -> concatenated objects';

/** The failure as an event of the one cluster of the project. */
async function placeFailure(
  owner: Database,
  failure: {
    readonly project: string;
    readonly callId: string;
    readonly sessionId: string;
    readonly model: string;
    readonly happenedAt: Date;
  },
): Promise<void> {
  const { project: projectId, callId, sessionId, model, happenedAt } = failure;
  const templateId = uuidOf(`template ${projectId}`);
  const clusterId = uuidOf(`cluster ${projectId}`);
  const kept = {
    projectId,
    stage: 'tool_use',
    checkId: 'parallel_collapsed',
    firstSeen: happenedAt,
    lastSeen: happenedAt,
  };
  await owner
    .insertInto('failureTemplate')
    .values({
      ...{ ...kept, templateId, signature: `signature-${projectId}`, signatureAlgorithm: 1 },
      ...{ turnShape: SHAPE, expectedVsActual: EXPECTED, template: 'several in one' },
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await owner
    .insertInto('failureCluster')
    .values({ ...kept, clusterId, slug: 'merged-calls', title: 'Merged calls', status: 'ongoing', prefixFixable: true })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const placed = await owner
    .selectFrom('clusterAssignment')
    .select('templateId')
    .where('templateId', '=', templateId)
    .execute();
  if (placed.length === 0)
    await owner
      .insertInto('clusterAssignment')
      .values({ projectId, templateId, clusterId, source: 'signature' })
      .execute();
  await owner
    .insertInto('failureEvent')
    .values({
      ...{ projectId, callId, scorer: 'parallel_collapsed', pass: 'call', templateId, sessionId, provider: 'openai' },
      ...{ model, turnShape: SHAPE, owner: 'provider', severity: 'fatal', happenedAt },
    })
    .execute();
}

export function uuidOf(name: string): string {
  const digest = sha256Hex(name);
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `4${digest.slice(13, 16)}`,
    `8${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join('-');
}

/** A teacher that proposes the cure for what it is told fails, in words that differ from one request to the next. */
export function scriptedTeacher(
  change: { readonly say?: (request: StructuredRequest) => unknown; readonly delayMs?: () => number } = {},
): Llm & { readonly asked: StructuredRequest[] } {
  const asked: StructuredRequest[] = [];
  return {
    ...{ model: 'teacher-1', provider: 'openai', asked },
    estimateCostUsd: () => 0.02,
    async completeStructured(request) {
      asked.push(request);
      const waitMs = change.delayMs?.() ?? 0;
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const value = change.say?.(request) ?? varied(teachFrom(request.user, request.jsonSchema), request);
      const usage = { inputTokens: 100, cacheReadInputTokens: 0, outputTokens: 50 };
      return { ok: true, value, text: JSON.stringify(value), usage, costUsd: 0.01, model: 'teacher-1' };
    },
  };
}

/** Every text of a reply with a word of its own, which depends on the request and on nothing else. */
function varied(value: unknown, { user, draw }: StructuredRequest): unknown {
  const word = sha256Hex(`${user}${draw ?? 0}`)
    .replaceAll(/\d/g, '')
    .slice(0, 6);
  if (typeof value === 'string') return `${value} Take care of ${word}.`;
  if (Array.isArray(value)) return value.map((member) => varied(member, { user, draw } as StructuredRequest));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, varied(member, { user, draw } as StructuredRequest)]),
  );
}

export interface ScriptedReplays {
  /** Whether the call works with this prefix; the rest fails as the cluster does. */
  readonly works?: (prefix: string, wasFailing: boolean) => boolean;
  /** Checks that fail besides. */
  readonly breaks?: (prefix: string) => readonly string[];
  readonly delayMs?: () => number;
}

/** A queue whose jobs are done by a scripted evaluator as soon as they are added. */
export function scriptedReplays(
  owner: Database,
  script: ScriptedReplays = {},
): ReplayQueue & { readonly jobs: string[] } {
  const jobs: string[] = [];
  return {
    jobs,
    async addBulk(batch) {
      jobs.push(...batch.map((job) => job.id));
      for (const { data } of batch) {
        const waitMs = script.delayMs?.() ?? 0;
        if (waitMs > 0) {
          setTimeout(() => void answer(owner, data, script).catch(() => {}), waitMs);
        } else await answer(owner, data, script);
      }
    },
  };
}

async function answer(
  owner: Database,
  { projectId, replayId }: { readonly projectId: string; readonly replayId: string },
  script: ScriptedReplays,
): Promise<void> {
  const replay = await readReplay(owner, projectId, replayId);
  if (replay === null) return;
  const found = await owner.selectFrom('score').select('callId').where('callId', '=', replay.callId).execute();
  const prefix = replay.prefixId === null ? '' : ((await readPrefix(owner, projectId, replay.prefixId)) ?? '');
  const wasFailing = found.length > 0;
  const works = script.works?.(prefix, wasFailing) ?? (!wasFailing || prefix.includes(CURE));
  const failed = [...(works ? [] : ['parallel_collapsed']), ...(script.breaks?.(prefix) ?? [])];
  const failure = { owner: 'provider', severity: 'fatal', expectedVsActual: 'arguments json -> concatenated objects' };
  await finishReplay(owner, {
    // In a unit that adds up the same in every order.
    ...{ projectId, replayId, costUsd: 2 ** -8, finishedAt: new Date() },
    result: {
      ...{ toolUse: failed.length === 0 ? 1 : 0.5, fidelity: 1, outcomes: {}, toolCalls: 1, stopReason: 'tool_use' },
      failures: failed.map((scorer) => ({ ...failure, scorer })),
      ...{ durationMs: 1, inputTokens: 1, outputTokens: 1, error: null },
    },
  });
}
