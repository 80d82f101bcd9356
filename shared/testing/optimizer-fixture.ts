import { sql } from 'kysely';
import { configSchema, type TrimtabConfig } from '../config/config-schema.ts';
import { jsonText } from '../database/columns.ts';
import type { Database } from '../database/connect.ts';
import { importGovernance } from '../database/governance-store.ts';
import { readPointer } from '../database/pointer-store.ts';
import { type PolicyDraft, proposePolicy } from '../database/policy-store.ts';
import { uuidV7 } from '../domain/call-id.ts';
import { type PolicyBody, WEIGHT_TOTAL } from '../domain/policy.ts';

export const AUTHOR = 'file:/test/trimtab.yaml';
export const SHAPE = '4k-parallel-plan' as const;

/** A configuration with two models, `steady` (dear, the seed's target) and `cheap`, for one project of a test. */
export function testConfig(project: string, governance: Record<string, unknown> = {}): TrimtabConfig {
  return configSchema.parse({
    project,
    providers: { openai: {} },
    models: [
      { id: 'steady', provider: 'openai', price: { input: 2, output: 8 } },
      { id: 'cheap', provider: 'openai', price: { input: 0.2, output: 0.8 } },
    ],
    routes: [{ match: { model: 'claude-*' }, targets: [{ model: 'steady', weight: 1 }], fallbacks: ['cheap'] }],
    governance,
  });
}

/** A project with governance and an active seed policy; returns the id of that policy. */
export async function seedProject(
  database: Database,
  project: string,
  governance: Record<string, unknown> = {},
): Promise<string> {
  await importGovernance(database, testConfig(project, governance), AUTHOR);
  const pointer = await readPointer(database, project);
  if (pointer === null) throw new Error('the seed policy was not activated');
  return pointer.stable;
}

/** A policy body that sends everything to one model. */
export function bodyTo(model: string, routeId = 'route-1'): PolicyBody {
  return {
    schema: 1,
    turnShapeVersion: 1,
    routes: [
      {
        id: routeId,
        match: { requestModel: 'claude-*' },
        targets: [{ model, weight: WEIGHT_TOTAL }],
        fallbacks: [],
        exploration: [],
      },
    ],
    safeDefault: 'steady',
  };
}

export async function propose(database: Database, project: string, body: PolicyBody, parentId: string | null = null) {
  const draft: PolicyDraft = {
    ...{ projectId: project, body, parentId, author: 'human:test', reason: 'a test', evidence: {}, risk: 'weights' },
  };
  return (await proposePolicy(database, draft)).policy.policyId;
}

export interface SessionFixture {
  readonly project: string;
  readonly index: number;
  readonly startedAt: Date;
  readonly quality: number | null;
  readonly model?: string;
  readonly turnShape?: string;
  readonly policyId?: string | null;
  readonly rolloutId?: string | null;
  readonly variant?: string | null;
  readonly hardFailure?: boolean;
  readonly source?: string;
  readonly lengthMs?: number;
}

/** Inserts closed sessions, each with the ids that its index makes. */
export async function insertSessions(database: Database, sessions: readonly SessionFixture[]): Promise<void> {
  const rows = sessions.map((session) => {
    const callId = callIdOf(session.startedAt, session.index);
    const endedAt = new Date(session.startedAt.getTime() + (session.lengthMs ?? 1_000));
    return {
      projectId: session.project,
      sessionId: `session-${session.index}`,
      source: session.source ?? 'claude-code-header',
      firstCallId: callId,
      lastCallId: callId,
      startedAt: session.startedAt,
      lastCallAt: endedAt,
      turnShape: session.turnShape ?? SHAPE,
      model: session.model ?? 'steady',
      provider: 'openai',
      policyId: session.policyId ?? null,
      rolloutId: session.rolloutId ?? null,
      variant: session.variant ?? 'stable',
      callCount: 1,
      quality: session.quality,
      qualityAt: endedAt,
      firstScoredAt: session.quality === null ? null : endedAt,
      hardFailure: session.hardFailure ?? false,
      closedAt: endedAt,
    };
  });
  for (let at = 0; at < rows.length; at += 500) {
    await database
      .insertInto('session')
      .values(rows.slice(at, at + 500))
      .execute();
  }
}

export interface CallFixture {
  readonly project: string;
  readonly index: number;
  readonly startedAt: Date;
  readonly sessionId: string;
  readonly provider?: string;
  readonly model?: string;
  readonly turnShape?: string;
  readonly source?: string;
}

/** Inserts one call; returns its id. */
export async function insertCall(database: Database, call: CallFixture): Promise<string> {
  const callId = callIdOf(call.startedAt, call.index);
  await sql`SELECT ensure_week_partitions(${call.startedAt.toISOString()}::date)`.execute(database);
  await database
    .insertInto('call')
    .values({
      callId,
      projectId: call.project,
      sessionId: call.sessionId,
      sessionSource: 'claude-code-header',
      source: call.source ?? 'gateway',
      startedAt: call.startedAt,
      durationMs: 900,
      clientFormat: 'anthropic-messages',
      upstreamFormat: 'openai-chat',
      codecVersion: '1',
      provider: call.provider ?? 'openai',
      requestModel: 'claude-haiku-4-5',
      responseModel: call.model ?? 'steady',
      turnShape: call.turnShape ?? SHAPE,
      turnShapeVersion: 1,
      candidates: jsonText([]),
      path: 'hot',
      attempts: jsonText([]),
      inputTokensEstimate: 100,
      status: 'ok',
      losses: jsonText([]),
      completeness: jsonText({
        hasRequest: true,
        hasResponse: true,
        streamed: true,
        redacted: false,
        truncated: false,
      }),
      capture: 'full',
    })
    .execute();
  return callId;
}

/** Inserts one failing score of a call. */
export async function insertFailure(
  database: Database,
  failure: {
    readonly project: string;
    readonly callId: string;
    readonly scorer: string;
    readonly owner: string | null;
    readonly explanation: string;
    readonly createdAt?: Date;
  },
): Promise<void> {
  await database
    .insertInto('score')
    .values({
      projectId: failure.project,
      callId: failure.callId,
      subjectType: 'call',
      subjectId: failure.callId,
      scorer: failure.scorer,
      scorerVersion: '1',
      pass: 'call',
      metric: 'toolUse',
      status: 'scored',
      outcome: 'fail',
      value: 0,
      owner: failure.owner,
      severity: 'fatal',
      evidence: jsonText([]),
      explanation: failure.explanation,
      ...(failure.createdAt === undefined ? {} : { createdAt: failure.createdAt }),
    })
    .execute();
}

function callIdOf(startedAt: Date, index: number): string {
  const tail = new Uint8Array(10);
  new DataView(tail.buffer).setUint32(6, index);
  return uuidV7(startedAt.getTime(), tail);
}
