import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUTHOR, bodyTo, propose, seedProject, testConfig } from '#shared/testing/optimizer-fixture.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { listAudit, readAudit, verifyAuditChain } from './audit-log.ts';
import { createDatabase, createPool, type Database } from './connect.ts';
import { importGovernance } from './governance-store.ts';
import { pauseOptimizer, readControl, resumeOptimizer } from './optimizer-control.ts';
import { activatePolicy, pinPolicy, readPointer, rollBack } from './pointer-store.ts';
import { listenForPolicies, type PolicyNotification } from './policy-listener.ts';
import { findPolicy, proposePolicy, readActivePolicies, storePrefix } from './policy-store.ts';

let store: TestDatabase;
let admin: Database;
let optimizer: Database;

beforeAll(async () => {
  store = await createTestDatabase();
  admin = createDatabase(createPool({ connectionString: store.connectionString, role: 'admin' }));
  optimizer = createDatabase(createPool({ connectionString: store.connectionString, role: 'optimizer' }));
});
afterAll(async () => {
  await admin.destroy();
  await optimizer.destroy();
  await store.drop();
});

const human = (projectId: string, reason = 'a test') => ({ projectId, actor: 'human:test', reason });

describe('governance import', () => {
  it('writes version, allow-list and prices, and activates a seed policy once', async () => {
    const config = testConfig('import');
    const first = await importGovernance(admin, config, AUTHOR);
    expect(first).toMatchObject({ version: 1, changed: true });
    const active = await readActivePolicies(optimizer, 'import');
    expect(active).toMatchObject({ epoch: 1, canary: null, rollout: null, paused: false, explorationShare: 0.03 });
    expect(active?.stable).toMatchObject({ policyId: first.seededPolicyId, number: 1 });
    expect(active?.models.map((model) => model.id)).toEqual(['steady', 'cheap']);
    expect(await importGovernance(admin, config, AUTHOR)).toEqual({ version: 1, changed: false });
    expect((await readPointer(admin, 'import'))?.epoch).toBe(1);
  });

  it('makes changed routes a proposal, and takes a removed model out by a new epoch', async () => {
    const config = testConfig('changes');
    const seed = (await importGovernance(admin, config, AUTHOR)).seededPolicyId;
    const changed = { ...config, routes: config.routes.map((route) => ({ ...route, fallbacks: [] })) };
    const proposal = await importGovernance(admin, changed, AUTHOR);
    expect(proposal).toMatchObject({ version: 1, changed: false });
    expect(proposal.proposalId).toBeDefined();
    expect((await readPointer(admin, 'changes'))?.stable).toBe(seed);
    // Read twice the same file proposes nothing new.
    expect((await importGovernance(admin, changed, AUTHOR)).proposalId).toBeUndefined();
    const without = { ...changed, models: changed.models.filter((model) => model.id !== 'cheap') };
    expect(await importGovernance(admin, without, AUTHOR)).toMatchObject({ version: 2, changed: true });
    const active = await readActivePolicies(admin, 'changes');
    expect(active?.epoch).toBe(2);
    expect(active?.models.map((model) => model.id)).toEqual(['steady']);
  });

  it('is refused to the optimizer role', async () => {
    await seedProject(admin, 'human-only');
    const config = testConfig('human-only', { qualityBar: 0.1 });
    await expect(importGovernance(optimizer, config, 'optimizer:evil')).rejects.toThrow(/permission denied/);
  });
});

describe('policies', () => {
  it('has one version per body, and finds it by number and by the start of its id', async () => {
    await seedProject(admin, 'versions');
    const draft = {
      ...{ projectId: 'versions', body: bodyTo('cheap'), parentId: null, author: 'human:test', reason: 'cheaper' },
      ...{ evidence: {}, risk: 'model' as const },
    };
    const first = await proposePolicy(optimizer, draft);
    expect(first).toMatchObject({ created: true, policy: { number: 2, state: 'proposed' } });
    const again = await proposePolicy(optimizer, { ...draft, reason: 'another reason' });
    expect(again).toMatchObject({ created: false, policy: { policyId: first.policy.policyId, reason: 'cheaper' } });
    expect((await findPolicy(admin, 'versions', 'v2')).policyId).toBe(first.policy.policyId);
    expect((await findPolicy(admin, 'versions', first.policy.policyId.slice(0, 10))).number).toBe(2);
    await expect(findPolicy(admin, 'versions', 'v99')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('refuses a model off the allow-list when stored, and when activated after its removal', async () => {
    const project = 'off-list';
    const config = testConfig(project);
    await importGovernance(admin, config, AUTHOR);
    await expect(propose(optimizer, project, bodyTo('rogue'))).rejects.toMatchObject({
      code: 'model_not_allowed',
      details: { models: ['rogue'] },
    });
    const policyId = await propose(optimizer, project, bodyTo('cheap'));
    const without = { ...config, models: config.models.filter((model) => model.id !== 'cheap'), routes: [] };
    await importGovernance(admin, without, AUTHOR);
    await expect(activatePolicy(admin, { ...human(project), policyId })).rejects.toMatchObject({
      code: 'model_not_allowed',
    });
  });

  it('refuses a prefix that is not stored, and serves the text of one that is', async () => {
    const project = 'prefixes';
    await seedProject(admin, project);
    const target = { model: 'steady', weight: 10_000 };
    const route = { id: 'route-1', match: {}, fallbacks: [], exploration: [] };
    const body = (prefixId: string) => ({
      ...bodyTo('steady'),
      routes: [{ ...route, targets: [{ ...target, prefixId }] }],
    });
    await expect(propose(optimizer, project, body('nowhere'))).rejects.toMatchObject({ code: 'invalid_request' });
    const prefix = {
      projectId: project,
      body: 'Call tools in parallel.',
      parentId: null,
      clusterId: null,
      author: 'x',
    };
    const prefixId = await storePrefix(optimizer, prefix);
    expect(await storePrefix(optimizer, prefix)).toBe(prefixId);
    const policyId = await propose(optimizer, project, body(prefixId));
    await activatePolicy(admin, { ...human(project), policyId });
    expect((await readActivePolicies(optimizer, project))?.prefixes).toEqual({ [prefixId]: 'Call tools in parallel.' });
  });
});

describe('the pointer', () => {
  it('lets one of two activations win that were decided on the same epoch', async () => {
    const project = 'race';
    await seedProject(admin, project);
    const ids = [
      await propose(admin, project, bodyTo('cheap')),
      await propose(admin, project, bodyTo('cheap', 'other')),
    ];
    const results = await Promise.allSettled(
      ids.map((policyId) => activatePolicy(admin, { ...human(project), policyId, expectedEpoch: 1 })),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({ code: 'conflict' });
    expect((await readPointer(admin, project))?.epoch).toBe(2);
    expect(await listAudit(admin, project, { limit: 10, actions: ['policy.activated'] })).toHaveLength(2);
  });

  it('only ever raises the epoch, whoever writes', async () => {
    await seedProject(admin, 'epoch');
    const lower = sql`UPDATE policy_pointer SET epoch = epoch - 1 WHERE project_id = 'epoch'`;
    await expect(lower.execute(admin)).rejects.toThrow(/epoch must rise/);
  });

  it('rolls back in one call, revokes what it leaves, and goes back further when called again', async () => {
    const project = 'back';
    const first = await seedProject(admin, project);
    const second = await propose(admin, project, bodyTo('cheap'), first);
    const third = await propose(admin, project, bodyTo('cheap', 'third'), second);
    await activatePolicy(admin, { ...human(project), policyId: second });
    await activatePolicy(admin, { ...human(project), policyId: third });
    const back = await rollBack(admin, human(project, 'it broke'));
    expect(back).toMatchObject({ stable: second, revoked: third, slot: 'stable', epoch: 4 });
    const [event] = await listAudit(admin, project, { limit: 1 });
    expect(event).toMatchObject({ action: 'policy.rolled_back', reason: 'it broke', subject: third });
    expect((await readActivePolicies(admin, project))?.revoked).toEqual([third]);
    expect((await rollBack(admin, human(project))).stable).toBe(first);
    await expect(rollBack(admin, human(project))).rejects.toMatchObject({ code: 'conflict' });
    // A person may bring a revoked policy back; that lifts the revocation.
    await activatePolicy(admin, { ...human(project), policyId: third });
    expect((await readPointer(admin, project))?.revoked).toEqual([second]);
  });

  it('tells listeners of every move', async () => {
    const project = 'notified';
    await seedProject(admin, project);
    const heard = Promise.withResolvers<PolicyNotification>();
    const connected = Promise.withResolvers<void>();
    const listener = listenForPolicies(store.connectionString, (notification) => {
      if (notification === null) connected.resolve();
      else if (notification.projectId === project) heard.resolve(notification);
    });
    await connected.promise;
    expect(listener.listening()).toBe(true);
    const policyId = await propose(admin, project, bodyTo('cheap'));
    await activatePolicy(admin, { ...human(project), policyId });
    expect(await heard.promise).toEqual({ projectId: project, epoch: 2 });
    await listener.close();
  });

  it('hears again after its connection was cut', async () => {
    const connections: PromiseWithResolvers<void>[] = [Promise.withResolvers(), Promise.withResolvers()];
    let count = 0;
    const listener = listenForPolicies(
      store.connectionString,
      (notification) => {
        if (notification === null) connections[count++]?.resolve();
      },
      { retryMs: 10 },
    );
    await connections[0]?.promise;
    const owner = createDatabase(createPool({ connectionString: store.connectionString, role: 'owner' }));
    await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'trimtab-policy-listener' AND datname = current_database()`.execute(owner);
    await connections[1]?.promise;
    expect(listener.listening()).toBe(true);
    await listener.close();
    await owner.destroy();
  });
});

describe('the stop button', () => {
  it('refuses automatic changes while paused or pinned, and lets people act', async () => {
    const project = 'stopped';
    await seedProject(admin, project);
    const policyId = await propose(admin, project, bodyTo('cheap'));
    const automatic = { ...human(project), actor: 'optimizer:1', automatic: true, policyId };
    await pauseOptimizer(admin, human(project, 'night shift'));
    await expect(activatePolicy(optimizer, automatic)).rejects.toMatchObject({ details: { reason: 'paused' } });
    expect((await readActivePolicies(optimizer, project))?.paused).toBe(true);
    await pinPolicy(admin, { ...human(project), policyId });
    await resumeOptimizer(admin, human(project));
    expect(await readControl(admin, project)).toMatchObject({ paused: false, pinnedPolicy: null });
    await pinPolicy(admin, { ...human(project), policyId });
    await expect(rollBack(optimizer, automatic)).rejects.toMatchObject({ details: { reason: 'pinned' } });
    expect((await readPointer(admin, project))?.stable).toBe(policyId);
  });

  it('writes one event when pressed twice', async () => {
    await seedProject(admin, 'twice');
    await Promise.all([pauseOptimizer(admin, human('twice')), pauseOptimizer(admin, human('twice'))]);
    expect(await listAudit(admin, 'twice', { limit: 10, actions: ['optimizer.paused'] })).toHaveLength(1);
  });
});

describe('the audit log', () => {
  it('keeps one chain under concurrent writers, and names an edited event', async () => {
    const project = 'chain';
    await seedProject(admin, project);
    const reason = 'text with \u0000 and \ud800 that the database cannot hold';
    await Promise.all([1, 2, 3, 4, 5, 6].map((number) => propose(admin, project, bodyTo('cheap', `route-${number}`))));
    await pauseOptimizer(admin, human(project, reason));
    const events = await readAudit(admin, project, { after: 0, limit: 100 });
    expect(events).toHaveLength(10);
    expect(await verifyAuditChain(admin, project)).toMatchObject({ valid: true, count: 10, head: events[9]?.hash });
    const owner = createDatabase(createPool({ connectionString: store.connectionString, role: 'owner' }));
    const sequence = events[3]?.sequence ?? 0;
    const edit = sql`UPDATE audit_event SET reason = 'nothing happened' WHERE sequence = ${sequence}`;
    await expect(edit.execute(owner)).rejects.toThrow(/append-only/);
    await owner.connection().execute(async (connection) => {
      await sql`ALTER TABLE audit_event DISABLE TRIGGER audit_guard`.execute(connection);
      await edit.execute(connection);
      await sql`ALTER TABLE audit_event ENABLE TRIGGER audit_guard`.execute(connection);
    });
    expect(await verifyAuditChain(admin, project)).toMatchObject({ valid: false, sequence, reason: /changed/ });
    await owner.destroy();
  });
});
