import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proposeClusterChange } from '#shared/database/clusters/change-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { writeLabel } from '#shared/database/label-store.ts';
import { pauseOptimizer, resumeOptimizer } from '#shared/database/optimizer-control.ts';
import { requestRun } from '#shared/database/optimizer-run-store.ts';
import { activatePolicy, readPointer } from '#shared/database/pointer-store.ts';
import { readPolicy } from '#shared/database/policy-store.ts';
import { createPromptRun } from '#shared/database/prompt-run-store.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { formatExplanation } from '#shared/domain/score-explanation.ts';
import { problemSchema } from '#shared/problem.ts';
import {
  bodyTo,
  insertCall,
  insertFailure,
  insertSessions,
  propose,
  SHAPE,
  seedProject,
} from '#shared/testing/optimizer-fixture.ts';
import { createFailureClustering } from '../cluster-failures.ts';
import { createPolicyChanges, type PolicyChanges } from '../policy-changes.ts';
import { publishDraft } from '../publish-draft.ts';
import { readStatus } from '../read-status.ts';
import { apiRoutes, createOptimizerServer } from '../server.ts';
import { openOptimizerStore } from '../testing/optimizer-store.ts';
import { serverDepsOf } from '../testing/server-deps.ts';
import { type ApiRoute, ROLES, type Role } from './api-route.ts';
import { openApiPath } from './open-api.ts';
import { LONG_POLLS_MAX } from './routes/active-policies-route.ts';
import { addToken, ensureAdminToken, readAccessTokens, tokenFilePath } from './token-file.ts';

const PROJECT = 'api';
const { owner, optimizer: database, connect } = await openOptimizerStore();
const people = connect('admin');
let server: FastifyInstance;
let routes: ApiRoute[];
let dataDir: string;
let policyChanges: PolicyChanges;
let runsAsked = 0;
const tokens = {} as Record<Role, string>;
const ids = {
  ...{ clusterId: '', callId: '', rolloutId: '', runId: '', promptRunId: '', prefixId: '' },
  ...{ policyId: 'v1', provider: 'openai', sessionId: 'session-1' },
};

beforeAll(async () => {
  await fill(owner);
  dataDir = await mkdtemp(join(tmpdir(), 'trimtab-api-'));
  tokens.admin = (await ensureAdminToken(dataDir)) ?? '';
  tokens.operator = await addToken(dataDir, 'night shift', 'operator');
  tokens.viewer = await addToken(dataDir, 'dashboard', 'viewer');
  policyChanges = createPolicyChanges();
  const deps = serverDepsOf({
    ...{ database, people, projectId: PROJECT, policyChanges },
    tokens: await readAccessTokens(dataDir, undefined),
    wake: () => {
      runsAsked += 1;
    },
    readStatus: () => readStatus(database, { projectId: PROJECT, judges: [], nextNightly: null, now: Date.now() }),
  });
  routes = apiRoutes(deps);
  server = createOptimizerServer(deps);
});
afterAll(async () => {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** A little of everything, so that no list is empty. */
async function fill(owner: Database): Promise<void> {
  const seed = await seedProject(owner, PROJECT, { weights: 'automatic' });
  const now = Date.now();
  for (const index of [1, 2, 3]) {
    const call = { project: PROJECT, index, sessionId: `session-${index}`, startedAt: new Date(now - 60_000 + index) };
    ids.callId = await insertCall(owner, call);
    const explanation = formatExplanation({ expectedVsActual: 'json valid -> invalid', detail: `at char ${index}` });
    await insertFailure(owner, {
      ...{ project: PROJECT, callId: ids.callId, explanation },
      scorer: 'args_malformed_json',
      owner: 'provider',
    });
  }
  const sessions = [1, 2, 3].map((index) => ({ project: PROJECT, index, quality: 0.9, policyId: seed }));
  await insertSessions(
    owner,
    sessions.map((session) => ({ ...session, startedAt: new Date(now - 50_000) })),
  );
  await createFailureClustering(
    { database: owner, now: Date.now },
    { projectId: PROJECT, minClusterSessions: 2 },
  ).run();
  await proposeClusterChange(owner, {
    ...{ projectId: PROJECT, runId: null, movedShare: 0.1, actor: 'optimizer:test', now: new Date(now) },
    plan: { clusters: [], lineage: [] },
  });
  const stable = (await readPolicy(owner, PROJECT, seed))!;
  const governance = (await readGovernance(owner, PROJECT))!.body;
  const draft = { body: bodyTo('cheap'), reason: 'cheaper', evidence: {}, risk: 'model' as const };
  const deps = { database: owner, actor: 'optimizer:test' };
  ids.rolloutId = (await publishDraft(deps, stable, draft, { governance, mode: 'automatic' })).rolloutId ?? '';
  await writeLabel(owner, PROJECT, { callId: ids.callId, outcome: 'fail', note: 'it asked twice' }, 'ann');
  const asked = { projectId: PROJECT, job: 'manual', logicalTime: new Date(now), trigger: 'test' };
  const done = { status: 'done', finishedAt: new Date(now) };
  ids.runId = (await requestRun(owner, asked)).run.runId;
  await owner.updateTable('optimizerRun').set(done).execute();
  const clusters = await owner.selectFrom('failureCluster').select('clusterId').execute();
  ids.clusterId = clusters[0]?.clusterId ?? '';
  await fillSearches(owner);
}

async function fillSearches(owner: Database): Promise<void> {
  const { clusterId, runId, callId } = ids;
  ids.prefixId = 'a'.repeat(64);
  const prefix = { projectId: PROJECT, prefixId: ids.prefixId, body: 'Call one tool at a time.', author: 'test' };
  await owner
    .insertInto('prefix')
    .values({ ...prefix, parentId: null, clusterId })
    .execute();
  const search = { projectId: PROJECT, runId, clusterId, optimizer: 'gepa', seedPrefixId: null, budgetUsd: 5 };
  ids.promptRunId = (await createPromptRun(owner, { ...search, settings: {}, plan: {} })).promptRunId;
  await owner
    .insertInto('replay')
    .values({
      ...{ replayId: 'r'.repeat(64), projectId: PROJECT, promptRunId: ids.promptRunId, callId, model: 'cheap' },
      ...{ prefixId: ids.prefixId, scorerSet: 'deterministic', rubric: null, result: null, finishedAt: null },
    })
    .execute();
}

const urlOf = (route: ApiRoute) =>
  route.path.replaceAll(/:(\w+)/g, (_match, name: string) => ids[name as keyof typeof ids]);

async function call(route: { method: string; url: string }, token?: string, body?: unknown, headers = {}) {
  return await server.inject({
    method: route.method as 'GET' | 'POST',
    url: route.url,
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    ...(body === undefined ? {} : { payload: body as object }),
  });
}

describe('hostile input', () => {
  const KEYS: readonly unknown[] = [
    ...[0, -1, 1.5, 1e300, 2 ** 31, 2 ** 53 - 1, null, 'x', [], '00000000-0000-0000-0000-000000000000'],
    { lastSeen: '0001-01-01T00:00:00Z', clusterId: '00000000-0000-0000-0000-000000000000' },
    { createdAt: '9999-12-31T23:59:59Z', runId: 'ffffffff-ffff-ffff-ffff-ffffffffffff' },
    { callId: 'ffffffff-ffff-ffff-ffff-ffffffffffff', key: '\u0000' },
    { callId: 'ffffffff-ffff-ffff-ffff-ffffffffffff', key: '\ud800' },
  ];
  const TEXTS = ['%00', 'a%00b', '%ED%A0%80', '%F0%9F%98%80', '1e400', '-1', "'%20OR%201=1--", 'NaN'];

  it('in cursors and queries is answered as the fault of who sends it', async () => {
    const lists = routes.filter((route) => route.method === 'GET');
    expect(lists.length).toBeGreaterThan(10);
    for (const route of lists) {
      const cursors = KEYS.map((key) => `cursor=${Buffer.from(JSON.stringify(key)).toString('base64url')}`);
      const names = Object.keys((route.query as unknown as { shape: object }).shape).filter((name) => name !== 'wait');
      const texts = names.flatMap((name) => TEXTS.map((text) => `${name}=${text}`));
      for (const query of [...(names.includes('cursor') ? cursors : []), ...texts]) {
        const reply = await call({ method: 'GET', url: `${urlOf(route)}?${query}` }, tokens.viewer);
        expect([200, 400], `${route.path}?${query} ${reply.body}`).toContain(reply.statusCode);
      }
    }
  });

  it('in paths and bodies is answered as the fault of who sends it', async () => {
    for (const route of routes.filter((each) => each.path.includes(':'))) {
      for (const text of TEXTS) {
        const url = route.path.replaceAll(/:\w+/g, text);
        const reply = await call(
          { method: route.method, url },
          tokens.admin,
          route.method === 'POST' ? { reason: 'x' } : undefined,
        );
        expect(reply.statusCode, `${route.method} ${url} ${reply.body}`).toBeGreaterThanOrEqual(400);
        expect(reply.statusCode, `${route.method} ${url} ${reply.body}`).toBeLessThan(500);
      }
    }
    const at = { method: 'POST', url: '/api/v1/optimizer/pause' };
    for (const reason of ['\u0000', '\ud800', '\u001b[31mred']) {
      expect((await call(at, tokens.operator, { reason })).statusCode).toBeLessThan(500);
    }
    await call({ ...at, url: '/api/v1/optimizer/resume' }, tokens.operator, { reason: 'on again' });
    const epoch = { reason: 'x', expectedEpoch: 2 ** 53 - 1 };
    expect((await call({ ...at, url: '/api/v1/policies/rollback' }, tokens.operator, epoch)).statusCode).toBe(409);
  });
});

describe('long polls', () => {
  it('wait in a limited number, and answer at once beyond it', async () => {
    const url = '/api/v1/policies/active';
    const { etag } = (await call({ method: 'GET', url }, tokens.viewer)).headers;
    const known = { 'if-none-match': String(etag) };
    const poll = () => call({ method: 'GET', url: `${url}?wait=30` }, tokens.viewer, undefined, known);
    const polls = Array.from({ length: LONG_POLLS_MAX + 1 }, poll);
    const refused = await Promise.race(polls);
    expect(refused).toMatchObject({ statusCode: 304, headers: { 'retry-after': '1' } });
    const change = { projectId: PROJECT, actor: 'test', reason: 'to be seen' };
    await pauseOptimizer(database, change);
    policyChanges.notify();
    const statuses = (await Promise.all(polls)).map((reply) => reply.statusCode);
    expect(statuses.filter((status) => status === 200)).toHaveLength(LONG_POLLS_MAX);
    await resumeOptimizer(database, change);
  });
});

describe('access', () => {
  it('is by token and role on every route', async () => {
    expect(routes.length).toBeGreaterThan(15);
    for (const route of routes) {
      const at = { method: route.method, url: urlOf(route) };
      const cases: readonly (readonly [string | undefined, number])[] = [
        [undefined, 401],
        ['tta_wrong', 401],
        ...ROLES.filter((role) => ROLES.indexOf(role) < ROLES.indexOf(route.role)).map(
          (role) => [tokens[role], 403] as const,
        ),
      ];
      for (const [token, status] of cases) {
        const reply = await call(at, token, route.method === 'POST' ? { reason: 'x' } : undefined);
        expect([route.path, reply.statusCode]).toEqual([route.path, status]);
        expect(reply.headers['content-type']).toContain('application/problem+json');
        expect(problemSchema.parse(reply.json()).status).toBe(status);
      }
    }
  });

  it('is free for health, metrics and documentation, and for nothing else', async () => {
    for (const url of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs']) {
      expect([url, (await call({ method: 'GET', url })).statusCode]).toEqual([url, 200]);
    }
    expect((await call({ method: 'GET', url: '/api/v1/secrets' })).statusCode).toBe(404);
  });

  it('keeps only hashes, in a file of its owner, and makes the first token once', async () => {
    const path = tokenFilePath(dataDir);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const text = await readFile(path, 'utf8');
    for (const token of Object.values(tokens)) expect(text).not.toContain(token);
    expect(await ensureAdminToken(dataDir)).toBeNull();
    const withEnvironment = await readAccessTokens(dataDir, 'from-the-environment');
    expect(withEnvironment.callerOf('from-the-environment')).toEqual({ name: 'environment', role: 'admin' });
  });
});

describe('every route', () => {
  it('is in the OpenAPI document, and the document has no other', async () => {
    const document = (await call({ method: 'GET', url: '/openapi.json' })).json();
    expect(document.openapi).toBe('3.1.0');
    const documented = Object.entries(document.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(documented.sort()).toEqual(routes.map((route) => `${route.method} ${openApiPath(route.path)}`).sort());
    for (const route of routes) {
      const operation = document.paths[openApiPath(route.path)][route.method.toLowerCase()];
      const names = (operation.parameters ?? []).filter((each: { in: string }) => each.in === 'path');
      expect(names).toHaveLength([...route.path.matchAll(/:/g)].length);
      const type = route.streams === true ? 'text/event-stream' : 'application/json';
      expect(operation.responses['200'].content[type].schema).toBeTypeOf('object');
    }
  });

  it('answers with what its schema says', async () => {
    for (const route of routes.filter((each) => each.method === 'GET' && each.streams !== true)) {
      const reply = await call({ method: 'GET', url: urlOf(route) }, tokens.viewer);
      expect([route.path, reply.statusCode]).toEqual([route.path, 200]);
      const body = reply.json();
      const parsed = route.response.safeParse(body);
      expect([route.path, parsed.error?.issues ?? []]).toEqual([route.path, []]);
      // Nothing goes out that the schema does not name.
      expect(parsed.data).toEqual(body);
      if ('items' in body)
        expect([route.path, body.items.length > 0 || route.path.endsWith('/runs')]).toEqual([route.path, true]);
    }
  });

  it('refuses what does not fit, and says where', async () => {
    const reply = await call({ method: 'GET', url: '/api/v1/calls?limit=0' }, tokens.viewer);
    expect(reply.statusCode).toBe(400);
    expect(reply.json()).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/limit' }] });
    const cursor = await call({ method: 'GET', url: '/api/v1/calls?cursor=nonsense' }, tokens.viewer);
    expect(cursor.json()).toMatchObject({ status: 400, code: 'invalid_request' });
    const missing = await call(
      { method: 'GET', url: '/api/v1/clusters/00000000-0000-7000-8000-000000000000' },
      tokens.viewer,
    );
    expect(missing.json()).toMatchObject({ status: 404, code: 'not_found' });
    const json = await server.inject({
      method: 'POST',
      url: '/api/v1/optimizer/pause',
      headers: { authorization: `Bearer ${tokens.operator}`, 'content-type': 'application/json' },
      payload: '{"reason":',
    });
    expect(json.json()).toMatchObject({ status: 400 });
  });

  it('pages through lists without losing or repeating a row', async () => {
    for (const list of ['calls', 'scores', 'audit', 'policies']) {
      const whole = (await call({ method: 'GET', url: `/api/v1/${list}` }, tokens.viewer)).json();
      const rows: unknown[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const url: string = `/api/v1/${list}?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`;
        const page = (await call({ method: 'GET', url }, tokens.viewer)).json();
        rows.push(...page.items);
        cursor = page.nextCursor;
      }
      expect(rows.length).toBeGreaterThan(1);
      expect([list, rows]).toEqual([list, whole.items]);
    }
  });
});

describe('a rollout', () => {
  it('is stopped without a verdict by a person', async () => {
    const at = { method: 'POST', url: `/api/v1/rollouts/${ids.rolloutId}/abort` };
    const stable = (await readPointer(database, PROJECT))?.stable;
    expect((await call(at, tokens.operator, { reason: 'release week' })).json()).toMatchObject({
      stable,
      canary: null,
    });
    const rollout = (await call({ method: 'GET', url: `/api/v1/rollouts/${ids.rolloutId}` }, tokens.viewer)).json();
    expect(rollout).toMatchObject({ status: 'aborted', evidence: { reason: 'release week' } });
    expect((await call(at, tokens.operator, { reason: 'again' })).json()).toMatchObject({ status: 409 });
    expect((await readPointer(database, PROJECT))?.revoked).toEqual([]);
  });
});

describe('the active policies', () => {
  it('come under an ETag, and a long poll hears of a change', async () => {
    const url = '/api/v1/policies/active';
    const first = await call({ method: 'GET', url }, tokens.viewer);
    const etag = String(first.headers['etag']);
    const known = { 'if-none-match': etag };
    expect((await call({ method: 'GET', url }, tokens.viewer, undefined, known)).statusCode).toBe(304);
    const waiting = call({ method: 'GET', url: `${url}?wait=20` }, tokens.viewer, undefined, known);
    const policyId = await propose(database, PROJECT, bodyTo('cheap', 'polled'));
    const moved = await activatePolicy(people, { projectId: PROJECT, policyId, actor: 'human:test', reason: 'x' });
    policyChanges.notify();
    const reply = await waiting;
    expect(reply.statusCode).toBe(200);
    expect(reply.json()).toMatchObject({ epoch: moved.epoch, stable: { policyId } });
    expect(reply.headers['etag']).not.toBe(etag);
  });
});

describe('a run', () => {
  it('is followed as a stream of events until it ends', async () => {
    const reply = await call({ method: 'GET', url: `/api/v1/runs/${ids.runId}/events` }, tokens.viewer);
    expect(reply.headers['content-type']).toContain('text/event-stream');
    const events = reply.body.trim().split('\n\n');
    expect(events).toHaveLength(1);
    expect(JSON.parse(events[0]!.replace('data: ', ''))).toMatchObject({
      runId: ids.runId,
      status: 'done',
      step: null,
    });
  });

  it('is planned without being done', async () => {
    const before = (await call({ method: 'GET', url: '/api/v1/policies' }, tokens.viewer)).json();
    const plan = (await call({ method: 'GET', url: '/api/v1/optimizer/plan' }, tokens.viewer)).json();
    expect(plan).toMatchObject({ stable: { number: expect.any(Number) }, prefixes: { mode: 'propose' } });
    expect(plan.routing.mode).toBe('automatic');
    expect(plan.routing.explanations.length).toBeGreaterThan(0);
    expect((await call({ method: 'GET', url: '/api/v1/policies' }, tokens.viewer)).json()).toEqual(before);
  });
});

describe('the levers', () => {
  it('propose, approve and reject a policy, and refuse to change what the file says', async () => {
    const post = (path: string, body: object) =>
      call({ method: 'POST', url: `/api/v1/${path}` }, tokens.operator, body);
    const { stable } = (await call({ method: 'GET', url: '/api/v1/policies/active' }, tokens.viewer)).json();
    const other = stable.body.routes[0].targets[0].model === 'cheap' ? 'steady' : 'cheap';
    const proposed = await post('policies', { body: bodyTo(other, 'by hand'), reason: 'a try' });
    expect(proposed.json()).toMatchObject({ state: 'proposed', author: 'human:night shift', approvalsNeeded: 1 });
    const { policyId } = proposed.json();
    const diff = await call({ method: 'GET', url: `/api/v1/policies/${policyId}/diff` }, tokens.viewer);
    expect(diff.json()).toMatchObject({
      riskClass: 'canary',
      reasons: expect.arrayContaining([expect.stringContaining(`${other} is new`)]),
    });
    expect((await post(`policies/${policyId}/approve`, { reason: 'read' })).json()).toMatchObject({
      state: 'approved',
    });
    expect((await post(`policies/${policyId}/reject`, { reason: 'late' })).statusCode).toBe(409);
    expect((await post('policies', { body: { schema: 1 }, reason: 'broken' })).statusCode).toBe(400);
    const file = await call({ method: 'POST', url: '/api/v1/governance' }, tokens.admin, { qualityBar: 0 });
    expect(file.json()).toMatchObject({ status: 409, code: 'managed_by_file' });
    const history = await call({ method: 'GET', url: '/api/v1/policies/history?limit=2' }, tokens.viewer);
    expect(history.json().items.map(({ action }: { action: string }) => action)).toEqual([
      'policy.approved',
      'policy.proposed',
    ]);
  });

  it('activate and roll back a policy in the name of the token, once per epoch', async () => {
    const before = (await readPointer(database, PROJECT))!;
    const policyId = await propose(database, PROJECT, bodyTo('cheap', 'lever'));
    const activate = { method: 'POST', url: `/api/v1/policies/${policyId}/activate` };
    const body = { reason: 'from a test', expectedEpoch: before.epoch };
    const moved = await call(activate, tokens.operator, body);
    expect(moved.json()).toEqual({ epoch: before.epoch + 1, stable: policyId, canary: null });
    const stale = await call(activate, tokens.operator, body);
    expect(stale.json()).toMatchObject({ status: 409, code: 'conflict' });
    const back = await call({ method: 'POST', url: '/api/v1/policies/rollback' }, tokens.operator, {
      reason: 'no good',
    });
    expect(back.json()).toMatchObject({ stable: before.stable, revoked: policyId, slot: 'stable' });
    const audit = (await call({ method: 'GET', url: '/api/v1/audit?limit=2' }, tokens.viewer)).json();
    expect(audit.items.map((event: { actor: string; action: string }) => `${event.actor} ${event.action}`)).toEqual([
      'human:night shift policy.rolled_back',
      'human:night shift policy.activated',
    ]);
  });

  it('pause, resume and run, and the status tells of it', async () => {
    const post = (name: string) =>
      call({ method: 'POST', url: `/api/v1/optimizer/${name}` }, tokens.operator, { reason: 'a look' });
    const status = async () => (await call({ method: 'GET', url: '/api/v1/status' }, tokens.viewer)).json();
    expect((await post('pause')).json()).toMatchObject({ paused: true, actor: 'human:night shift' });
    expect(await status()).toMatchObject({ paused: true, stoppedBy: { reason: 'a look' }, judges: { on: false } });
    expect((await post('resume')).json()).toMatchObject({ paused: false });
    const run = await post('run');
    expect([run.statusCode, run.json().status, runsAsked]).toEqual([202, 'pending', 1]);
    expect(await status()).toMatchObject({
      paused: false,
      stoppedBy: null,
      lastRun: { runId: run.json().runId, job: 'manual' },
      shapes: [{ turnShape: SHAPE, sessions: 3, scored: 3, reason: 'nothing_proven' }],
    });
    const [shape] = (await status()).shapes;
    expect(shape.models).toContainEqual(
      expect.objectContaining({ model: 'steady', sessions: 3, verdict: 'undecided' }),
    );
  });
});
