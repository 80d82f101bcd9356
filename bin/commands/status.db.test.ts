import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonText } from '#shared/database/columns.ts';
import { writeGatewayStatus } from '#shared/database/gateway-status.ts';
import { readPointer } from '#shared/database/pointer-store.ts';
import { openRollout } from '#shared/database/rollout-store.ts';
import { governanceSchema } from '#shared/domain/governance.ts';
import { rolloutSettingsOf } from '#shared/domain/rollout.ts';
import { bodyTo, insertSessions, propose } from '#shared/testing/optimizer-fixture.ts';
import { type CommandFixture, createCommandFixture } from './testing/command-fixture.ts';

let fixture: CommandFixture;
beforeAll(async () => {
  fixture = await createCommandFixture();
  await fixture.run(['migrate']);
});
afterAll(() => fixture.close());

const text = async () => (await fixture.run(['status'])).stdout;

describe('trimtab status', () => {
  it('answers with nothing running and no traffic', async () => {
    const { code, stdout, json } = await fixture.run(['status', '--json']);
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      projectId: 'default',
      services: [{ state: 'not_running' }, { state: 'not_running' }, { state: 'not_running' }],
      pointer: { stableNumber: 1, epoch: 1 },
      judges: { on: false },
      modes: { weights: 'propose', prefixes: 'propose' },
      keysRequired: false,
      lastRun: null,
      nextNightly: expect.stringMatching(/T03:00:00\.000Z$/),
      conservation: { answered: 0, balances: true },
    });
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const shown = await text();
    expect(shown).toMatch(/serving +v1 is stable \(epoch 1, since \d+s\)/);
    expect(shown).toContain('none: only deterministic scorers run');
    expect(shown).toContain('NONE: the gateway takes any credential, on loopback only');
    expect(shown).toContain('none yet; ask for one: trimtab optimize run');
    expect(shown).toContain('No sessions in the last 30 days');
  });

  it('tells per turn shape how many sessions each model has and needs', async () => {
    const startedAt = new Date(Date.now() - 3_600_000);
    await insertSessions(
      fixture.database,
      Array.from({ length: 12 }, (_, index) => ({ project: 'default', index, startedAt, quality: 1 })),
    );
    const shown = await text();
    expect(shown).toMatch(/4k-parallel-plan +12 +12 +no model is proven yet; needs more sessions/);
    expect(shown).toMatch(
      / {2}steady \* +12 +- +undecided \(needs about \d+ more sessions\), mean 1\.00 in \[0\.\d\d, 1\.00\]/,
    );
    expect(shown).toMatch(/ {2}cheap +0 /);
  });

  it('shows a rollout under way, gateways that lag or are gone, and a key that shuts the door', async () => {
    const pointer = await readPointer(fixture.database, 'default');
    const candidate = await propose(fixture.database, 'default', bodyTo('cheap'), pointer?.stable ?? null);
    await openRollout(fixture.database, {
      ...{ projectId: 'default', candidate, canaryShare: 0.05, actor: 'human:test', reason: 'try' },
      settings: rolloutSettingsOf(governanceSchema.parse({ models: [] })),
      initialState: { pairs: 7 },
    });
    const gateway = { projectId: 'default', epoch: 1, policyId: null, appliedAt: null, spoolBytes: 0, spoolPending: 3 };
    await writeGatewayStatus(fixture.database, { ...gateway, gatewayId: 'gateway-new', lastError: 'no route to host' });
    await fixture.database
      .insertInto('gatewayStatus')
      .values({ ...gateway, gatewayId: 'gateway-old', lastError: null, seenAt: new Date(Date.now() - 3_600_000) })
      .execute();
    await fixture.run(['keys', 'create', 'ci']);
    const shown = await text();
    expect(shown).toMatch(/v2 is canary of rollout 1 \(since \d+s\): 7 of 50 pairs of sessions, 5000 at the most/);
    expect(shown).toMatch(/gateway-new epoch 1 \(behind: the pointer is at 2\), seen \d+s ago.*no route to host/);
    expect(shown).toMatch(/gateway-old epoch 1 .*NOT SEEN for 1h/);
    expect(shown).not.toContain('NONE: the gateway');
  });

  it.each([
    [
      { routing: { type: 'nothing', reason: 'no_change' }, prefix: { type: 'nothing', reason: 'no_teacher' } },
      'done',
      /routing: nothing proposed, nothing better is proven\n.*prefix: nothing proposed, no teacher or judge model is configured/,
    ],
    [
      { routing: { type: 'proposed', published: { number: 3, rolloutId: null, heldBy: null } } },
      'done',
      /routing: proposed v3, waits for you: trimtab policies diff v3/,
    ],
    [
      { routing: { type: 'proposed', published: { number: 3, rolloutId: null, heldBy: 'paused' } } },
      'done',
      /proposed v3, held: the optimizer is paused/,
    ],
    [{ reason: 'no_active_policy' }, 'done', /there is no active policy/],
    [{ error: 'the disk is full' }, 'failed', /nightly failed \d+s ago\n +the disk is full/],
  ])('says what the last run came to: %j', async (summary, status, expected) => {
    await fixture.database.deleteFrom('optimizerRun').execute();
    await fixture.database
      .insertInto('optimizerRun')
      .values({
        runId: '0b0e1c1e-0000-4000-8000-000000000001',
        projectId: 'default',
        job: 'nightly',
        logicalTime: new Date(),
        trigger: 'test',
        status,
        leaseOwner: null,
        leaseUntil: null,
        startedAt: new Date(),
        finishedAt: new Date(),
        summary: jsonText(summary),
      })
      .execute();
    expect(await text()).toMatch(expected);
  });
});
