import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUTHOR, bodyTo, propose, seedProject, testConfig } from '#shared/testing/optimizer-fixture.ts';
import { createTestDatabase, type TestDatabase } from '#shared/testing/test-database.ts';
import { modelsOfPolicy } from '../domain/policy.ts';
import { type RolloutKind, rolloutSettingsOf } from '../domain/rollout.ts';
import { TrimtabError } from '../errors.ts';
import { readAudit, verifyAuditChain } from './audit-log.ts';
import { jsonText } from './columns.ts';
import { createDatabase, createPool, type Database } from './connect.ts';
import { importGovernance } from './governance-store.ts';
import { activatePolicy, readPointer, rollBack } from './pointer-store.ts';
import { approvePolicy, rejectPolicy } from './policy-approval.ts';
import { findPolicy, listPolicies, policyIdOf, readPolicy } from './policy-store.ts';
import { listRefused, readCoolOff } from './read-cool-off.ts';
import { readGovernance } from './read-governance.ts';
import { concludeRollout, openRollout, promoteRollout, readRunningRollout, rollBackRollout } from './rollout-store.ts';

let store: TestDatabase;
let owner: Database;
let admin: Database;
let optimizer: Database;

beforeAll(async () => {
  store = await createTestDatabase();
  const { connectionString } = store;
  owner = createDatabase(createPool({ connectionString, role: 'owner' }));
  admin = createDatabase(createPool({ connectionString, role: 'admin' }));
  optimizer = createDatabase(createPool({ connectionString, role: 'optimizer' }));
});
afterAll(async () => {
  await Promise.all([owner, admin, optimizer].map((database) => database.destroy()));
  await store.drop();
});

const AUTOMATIC = { weights: 'automatic', prefixes: 'automatic' };
const human = (projectId: string, actor = 'human:ann') => ({ projectId, actor, reason: 'a test' });
const machine = (projectId: string) => ({ projectId, actor: 'optimizer:1', reason: 'a test', automatic: true });

async function open(project: string, candidate: string, canaryShare = 0.05, kind: RolloutKind = 'canary') {
  const settings = rolloutSettingsOf((await readGovernance(admin, project))!.body);
  const opening = { ...machine(project), candidate, kind, canaryShare, settings, initialState: {} };
  return await openRollout(optimizer, opening);
}

describe('a policy in the database', () => {
  it('has the hash of its body as its id, weights that sum, and a safe default', async () => {
    const project = 'bodies';
    await seedProject(admin, project);
    const insert = (policyId: string, body: object) =>
      optimizer
        .insertInto('policy')
        .values({
          ...{ projectId: project, policyId, number: 99, body: jsonText(body), schemaVersion: 1, parentId: null },
          ...{ author: 'optimizer:1', reason: 'x', evidence: jsonText({}), risk: 'weights' },
        })
        .execute();
    const good = bodyTo('cheap', 'weird "name" \\ é\u0001\u007f');
    await expect(insert('0'.repeat(64), good)).rejects.toThrow(/hash of its body/);
    await insert(policyIdOf(good), good);
    const target = { model: 'cheap', weight: 9_999 };
    const short = { ...good, routes: good.routes.map((route) => ({ ...route, targets: [target] })) };
    await expect(insert(policyIdOf(short), short)).rejects.toThrow(/do not sum to 10000/);
    const unsafe = { ...bodyTo('cheap', 'u'), safeDefault: '' };
    await expect(insert(policyIdOf(unsafe), unsafe)).rejects.toThrow(/safe default/);
    const other = { ...bodyTo('cheap', 'o'), safeDefault: 'cheap' };
    await expect(insert(policyIdOf(other), other)).rejects.toMatchObject({ code: 'TT005' });
    await expect(sql`TRUNCATE policy CASCADE`.execute(owner)).rejects.toThrow(/append-only/);
    await expect(sql`TRUNCATE audit_event`.execute(owner)).rejects.toThrow(/append-only/);
  });

  it('names only models in the regions of governance, and sends tools only to models that have them', async () => {
    const project = 'regions';
    const config = testConfig(project);
    const models = config.models.map((model) => (model.id === 'cheap' ? { ...model, features: [] } : model));
    await importGovernance(admin, { ...config, models }, AUTHOR);
    const shaped = (turnShape: string) => {
      const body = bodyTo('cheap', turnShape);
      return { ...body, routes: body.routes.map((route) => ({ ...route, match: { ...route.match, turnShape } })) };
    };
    await propose(optimizer, project, shaped('4k-none-plan'));
    await expect(propose(optimizer, project, shaped('4k-single-plan'))).rejects.toMatchObject({
      details: { reason: 'features' },
    });
    const providers = { openai: { ...config.providers['openai']!, region: 'us' }, home: { region: 'eu', quirks: [] } };
    const placed = config.models.map((model) => (model.id === 'steady' ? { ...model, provider: 'home' } : model));
    const residency = { ...config, providers, models: placed, governance: { ...config.governance, residency: ['eu'] } };
    await expect(importGovernance(admin, residency, AUTHOR)).rejects.toThrow(/residency/);
    const stays = { ...residency, models: placed.filter((model) => model.id === 'steady') };
    await importGovernance(admin, { ...stays, routes: [] }, AUTHOR);
    // What the allow-list is edited to by hand is held to the regions, too.
    await sql`INSERT INTO allowed_model (project_id, model, provider, governance_version, region)
      VALUES (${project}, 'cheap', 'openai', 1, 'us')`.execute(owner);
    await expect(propose(optimizer, project, bodyTo('cheap', 'abroad'))).rejects.toMatchObject({
      details: { reason: 'residency' },
    });
  });
});

describe('the pointer in the database', () => {
  it('is never moved without an audit event that says who and why', async () => {
    const project = 'audited';
    await seedProject(admin, project);
    const bump = sql`UPDATE policy_pointer SET epoch = epoch + 1 WHERE project_id = ${project}`;
    await expect(bump.execute(owner)).rejects.toThrow(/no audit event/);
    const policyId = await propose(admin, project, bodyTo('cheap'));
    await expect(activatePolicy(admin, { ...human(project), policyId, reason: '' })).rejects.toThrow(/no audit event/);
    await expect(sql`DELETE FROM policy_pointer`.execute(owner)).rejects.toThrow(/never removed/);
    expect((await readPointer(admin, project))?.epoch).toBe(1);
  });

  it('has an unbroken chain of events: none is put beside or before another', async () => {
    const project = 'forks';
    await seedProject(admin, project);
    const [first] = await readAudit(admin, project, { after: 0, limit: 1 });
    const { sequence: _sequence, ...event } = first!;
    const fork = { ...event, details: jsonText({}), hash: 'f'.repeat(64) };
    await expect(owner.insertInto('auditEvent').values(fork).execute()).rejects.toThrow(/follows the newest/);
  });

  it('exposes no more than governance allows, whoever writes it', async () => {
    const project = 'exposure';
    await seedProject(admin, project, { ...AUTOMATIC, exploration: 0.1, exposureMax: 0.15 });
    const candidate = await propose(optimizer, project, bodyTo('cheap'));
    await expect(open(project, candidate, 0.06)).rejects.toMatchObject({ code: 'forbidden' });
    const widen = sql`UPDATE policy_pointer SET epoch = epoch + 1, exploration_share = 0.2 WHERE project_id = ${project}`;
    await expect(widen.execute(optimizer)).rejects.toMatchObject({ code: 'TT002' });
    await open(project, candidate, 0.05);
  });

  it('serves only what is approved, and the optimizer cannot approve what is left to people', async () => {
    const project = 'approved';
    await seedProject(admin, project, { weights: 'propose' });
    const candidate = await propose(optimizer, project, bodyTo('cheap'));
    await expect(open(project, candidate)).rejects.toMatchObject({ details: { reason: 'human_only' } });
    const forge = sql`INSERT INTO policy_approval (project_id, policy_id, person, reason) VALUES (${project}, ${candidate}, 'human:ann', 'x')`;
    await expect(forge.execute(optimizer)).rejects.toThrow(/permission denied/);
    const sneak = sql`UPDATE policy_pointer SET epoch = epoch + 1, stable = ${candidate} WHERE project_id = ${project}`;
    await expect(sneak.execute(optimizer)).rejects.toMatchObject({ code: 'TT001' });
    await approvePolicy(admin, { ...human(project), policyId: candidate });
    expect((await open(project, candidate)).candidate).toBe(candidate);
  });

  it('waits for the second person where two must approve', async () => {
    const project = 'two-person';
    await seedProject(admin, project, { approvals: 2 });
    const policyId = await propose(optimizer, project, bodyTo('cheap'));
    const alone = activatePolicy(admin, { ...human(project), policyId });
    await expect(alone).rejects.toMatchObject({ details: { reason: 'needs_approval' } });
    expect(await approvePolicy(admin, { ...human(project), policyId })).toMatchObject({
      state: 'proposed',
      approvals: 1,
    });
    expect(await approvePolicy(admin, { ...human(project), policyId })).toMatchObject({
      state: 'proposed',
      approvals: 1,
    });
    await activatePolicy(admin, { ...human(project, 'human:ben'), policyId });
    expect((await readPointer(admin, project))?.stable).toBe(policyId);
    await rollBack(admin, human(project));
    const rejected = await propose(optimizer, project, bodyTo('cheap', 'rejected'));
    await rejectPolicy(admin, { ...human(project), policyId: rejected });
    await expect(approvePolicy(admin, { ...human(project), policyId: rejected })).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  it('holds the optimizer to its changes of a day, but for people, rollbacks and alarms', async () => {
    const project = 'rate';
    const stable = await seedProject(admin, project, { ...AUTOMATIC, changesPerDay: 1 });
    const first = await propose(optimizer, project, bodyTo('cheap'));
    const { rolloutId } = await open(project, first);
    await promoteRollout(optimizer, { ...machine(project), rolloutId });
    const second = await propose(optimizer, project, bodyTo('steady', 'again'));
    await expect(open(project, second)).rejects.toMatchObject({ details: { reason: 'rate_limit' } });
    await rollBack(optimizer, machine(project));
    expect((await readPointer(admin, project))?.stable).toBe(stable);
    await sql`INSERT INTO alarm (alarm_id, project_id, turn_shape, model, policy_id, status, state)
      VALUES (gen_random_uuid(), ${project}, '4k-single-plan', 'steady', ${stable}, 'raised', '{}')`.execute(owner);
    const demotion = await propose(optimizer, project, bodyTo('cheap', 'demoted'));
    await activatePolicy(optimizer, { ...machine(project), policyId: demotion });
    await activatePolicy(admin, { ...human(project), policyId: second });
  });

  it('leaves a change alone after its rollback, twice as long each time, whatever policy it comes in', async () => {
    const project = 'cool';
    await seedProject(admin, project, AUTOMATIC);
    const candidate = await propose(optimizer, project, bodyTo('cheap'));
    const { changeId } = (await readPolicy(admin, project, candidate))!;
    const hours = async () => {
      const left = (await readCoolOff(admin, project, candidate))!.until.getTime() - Date.now();
      return Math.round(left / 3_600_000);
    };
    for (const [rollbacks, expected] of [
      [1, 24],
      [2, 48],
      [3, 96],
    ]) {
      const { rolloutId } = await open(project, candidate);
      await rollBackRollout(optimizer, { ...machine(project), rolloutId });
      expect(await readCoolOff(admin, project, candidate)).toMatchObject({ rollbacks });
      expect(await hours()).toBe(expected);
      await expect(open(project, candidate)).rejects.toMatchObject({ code: 'conflict' });
      const again = bodyTo('cheap', `another id ${rollbacks}`);
      const sameChange = await propose(optimizer, project, { ...again, routes: again.routes });
      expect((await readPolicy(admin, project, sameChange))?.changeId).toBe(changeId);
      await expect(open(project, sameChange)).rejects.toMatchObject({ details: { reason: 'cool_off' } });
      await expect(
        sql`UPDATE policy_cool_off SET rollbacks = 0 WHERE project_id = ${project}`.execute(optimizer),
      ).rejects.toMatchObject({ code: 'TT005' });
      await sql`UPDATE policy_cool_off SET until = now() WHERE project_id = ${project}`.execute(owner);
    }
  });

  it('leaves a change alone as well that came to no verdict, and says which it was', async () => {
    const project = 'undecided';
    const seed = await seedProject(admin, project, AUTOMATIC);
    const body = { ...bodyTo('cheap'), routes: bodyTo('cheap').routes.map((each) => ({ ...each, id: 'other' })) };
    const candidate = await propose(optimizer, project, body, seed);
    const { rolloutId } = await open(project, candidate);
    await concludeRollout(optimizer, { ...machine(project), rolloutId });
    expect(await readCoolOff(admin, project, candidate)).toMatchObject({ rollbacks: 1 });
    await expect(open(project, candidate)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^this change was rolled back, or came to no verdict, and may be tried again after/,
      ),
      details: { reason: 'cool_off' },
    });
    const [refused, ...others] = await listRefused(optimizer, project, new Date());
    expect(others).toEqual([]);
    expect(refused?.after).toEqual(body);
    expect(refused?.before).toEqual((await readPolicy(admin, project, seed))?.body);
    expect(await listRefused(optimizer, project, new Date(Date.now() + 2 * 86_400_000))).toEqual([]);
  });

  it('does not hold the answer to an alarm back that came to no verdict: the alarm may ask again', async () => {
    const project = 'confirming';
    const seed = await seedProject(admin, project, AUTOMATIC);
    const candidate = await propose(optimizer, project, bodyTo('cheap'), seed);
    const { rolloutId } = await open(project, candidate, 0.05, 'reverse');
    await concludeRollout(optimizer, { ...machine(project), rolloutId });
    expect(await readCoolOff(admin, project, candidate)).toBeNull();
    await open(project, candidate, 0.05, 'reverse');
  });
});

/** What people and the optimizer may try at any moment; each may be refused, and none may break anything. */
type Step = (typeof STEPS)[number];
const STEPS = [
  'propose',
  'activate',
  'open',
  'promote',
  'rollBack',
  'rollOut back',
  'remove model',
  'add model',
  'race',
] as const;

async function take(project: string, step: Step, pick: number): Promise<void> {
  const policies = await listPolicies(admin, project, { limit: 50 });
  const some = policies[pick % policies.length]!;
  const config = testConfig(project, AUTOMATIC);
  const rolloutId = (await readRunningRollout(admin, project))?.rolloutId ?? '00000000-0000-0000-0000-000000000000';
  const steps: Record<Step, () => Promise<unknown>> = {
    propose: () => propose(optimizer, project, bodyTo(pick % 2 === 0 ? 'cheap' : 'steady', `r${pick % 5}`)),
    activate: () => activatePolicy(admin, { ...human(project), policyId: some.policyId }),
    open: () => open(project, some.policyId),
    promote: () => promoteRollout(optimizer, { ...machine(project), rolloutId }),
    rollBack: () => rollBack(admin, human(project)),
    'rollOut back': () => rollBackRollout(optimizer, { ...machine(project), rolloutId }),
    'remove model': () =>
      importGovernance(
        admin,
        { ...config, models: config.models.filter(({ id }) => id !== 'cheap'), routes: [] },
        AUTHOR,
      ),
    'add model': () => importGovernance(admin, { ...config, routes: [] }, AUTHOR),
    race: () =>
      Promise.allSettled([
        activatePolicy(admin, { ...human(project), policyId: some.policyId }),
        rollBack(admin, human(project, 'human:ben')),
        open(project, some.policyId),
      ]),
  };
  await steps[step]().catch((error: unknown) => {
    if (!(error instanceof TrimtabError)) throw error;
  });
}

async function assertSound(project: string): Promise<void> {
  const pointer = (await readPointer(admin, project))!;
  const governance = (await readGovernance(admin, project))!.body;
  const events = await readAudit(admin, project, { after: 0, limit: 1_000 });
  const epochs = events.flatMap((event) => (event.details['after'] as { epoch: number } | undefined)?.epoch ?? []);
  expect(epochs).toEqual(Array.from({ length: pointer.epoch }, (_, index) => index + 1));
  expect(await verifyAuditChain(admin, project)).toMatchObject({ valid: true });
  expect(pointer.canaryShare + pointer.explorationShare).toBeLessThanOrEqual(governance.exposureMax + 1e-9);
  expect((pointer.canary === null) === (pointer.rolloutId === null)).toBe(true);
  const running = await readRunningRollout(admin, project);
  expect(running?.rolloutId ?? null).toBe(pointer.rolloutId);
  for (const policyId of [pointer.stable, pointer.canary].filter((each) => each !== null)) {
    expect((await readPolicy(admin, project, policyId))?.state).toBe('approved');
    expect(pointer.revoked).not.toContain(policyId);
  }
  const last = events.findLast((event) => event.details['after'] !== undefined);
  expect(last?.details['after']).toMatchObject({
    stable: pointer.stable,
    canary: pointer.canary,
    epoch: pointer.epoch,
  });
  // A policy that is served already may be chosen again while a model of it has left the list: gateways drop the model.
  const before = last?.details['before'] as { stable?: string } | null | undefined;
  const isNew = last?.action === 'rollout.opened' || last?.subject !== before?.stable;
  if (isNew && (last?.action === 'policy.activated' || last?.action === 'rollout.opened')) {
    const allowed = governance.models.map((model) => model.id);
    const { body } = await findPolicy(admin, project, last.subject);
    expect(modelsOfPolicy(body).every((model) => allowed.includes(model))).toBe(true);
  }
}

describe('any sequence of what people and the optimizer do', () => {
  it('leaves one sound pointer, one event an epoch and one chain', async () => {
    let counter = 0;
    const step = fc.tuple(fc.constantFrom(...STEPS), fc.nat(1_000));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        counter += 1;
        const project = `any-${counter}`;
        await seedProject(admin, project, AUTOMATIC);
        for (const [name, pick] of steps) {
          await take(project, name, pick);
          await assertSound(project);
        }
      }),
      { numRuns: 20, seed: 7 },
    );
  }, 60_000);
});
