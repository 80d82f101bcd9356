import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPointer } from '#shared/database/pointer-store.ts';
import { bodyTo, propose } from '#shared/testing/optimizer-fixture.ts';
import { type CommandFixture, createCommandFixture } from './testing/command-fixture.ts';

let fixture: CommandFixture;
beforeAll(async () => {
  fixture = await createCommandFixture();
  await fixture.run(['migrate']);
  const stable = (await readPointer(fixture.database, 'default'))?.stable ?? null;
  await propose(fixture.database, 'default', bodyTo('cheap'), stable);
});
afterAll(() => fixture.close());

const policyOf = async () => (await fixture.run(['policies', 'list', '--json'])).json();

describe('trimtab policies', () => {
  it('lists versions, and which one serves', async () => {
    expect(await policyOf()).toMatchObject({
      epoch: 1,
      policies: [
        { number: 2, slot: '' },
        { number: 1, slot: 'stable' },
      ],
    });
    expect((await fixture.run(['policies', 'list'])).stdout).toMatch(/v1 +stable/);
  });

  it('says what a version changes', async () => {
    const { stdout } = await fixture.run(['policies', 'diff', 'v2']);
    expect(stdout).toContain('v2 against v1: a test');
    expect(stdout).toContain('route route-1: + cheap 100 %');
    expect((await fixture.run(['policies', 'diff', 'v2', 'v1', '--json'])).json()).toMatchObject({ number: 2 });
  });

  it('activates a version and rolls it back, each with a reason in the audit log', async () => {
    const activated = await fixture.run(['policies', 'activate', 'v2', '--reason', 'reviewed']);
    expect(activated.stdout).toBe('v2 is stable and serves all traffic (epoch 2).\n');
    const back = await fixture.run(['policies', 'rollback', '--reason', 'empty answers', '--json']);
    expect(back.json()).toMatchObject({ slot: 'stable', epoch: 3 });
    expect(await policyOf()).toMatchObject({ policies: [{ slot: 'rolled back' }, { slot: 'stable' }] });
    const { stdout } = await fixture.run(['audit', 'list']);
    expect(stdout).toMatch(/policy\.rolled_back +cli:\S+ .*empty answers/);
    expect(stdout).toMatch(/policy\.activated +cli:\S+ .*reviewed/);
  });

  it('pins a version, and says so in status until it is lifted', async () => {
    expect((await fixture.run(['policies', 'pin', 'v1'])).stdout).toMatch(
      /leaves it only after `trimtab optimize resume`/,
    );
    expect((await fixture.run(['status'])).stdout).toContain('PINNED to');
    expect((await fixture.run(['optimize', 'resume'])).code).toBe(0);
    expect((await fixture.run(['status'])).stdout).not.toContain('PINNED');
  });

  it('refuses a version that is not there', async () => {
    expect(await fixture.run(['policies', 'activate', 'v9'])).toMatchObject({
      code: 1,
      stderr: 'trimtab: there is no policy v9; see `trimtab policies list`\n',
    });
  });
});

describe('trimtab policies, deciding', () => {
  it('shows, proposes, approves and rejects a version, and tells its history', async () => {
    const file = join(fixture.folder, 'policy.json');
    writeFileSync(file, JSON.stringify(bodyTo('cheap', 'by-hand')));
    const proposed = await fixture.run(['policies', 'propose', file, '--reason', 'a try', '--json']);
    const { number } = proposed.json() as { number: number };
    const name = `v${number}`;
    const shown = await fixture.run(['policies', 'show', name]);
    expect(shown.stdout).toMatch(/proposed; by cli:.*: a try/);
    expect(shown.stdout).toContain('needs the proof of a canary, or a person');
    expect((await fixture.run(['policies', 'approve', name])).stdout).toBe(`${name} is approved (1 of 1 approvals).\n`);
    expect(await fixture.run(['policies', 'reject', name])).toMatchObject({ code: 1 });
    const { stdout } = await fixture.run(['policies', 'history', '--limit', '3']);
    expect(stdout).toMatch(new RegExp(`policy.approved +${name} `));
    expect(stdout).toMatch(new RegExp(`policy.proposed +${name} .*a try`));
    // What `show` prints is a file to change and to propose.
    writeFileSync(file, (await fixture.run(['policies', 'show', name, '--json'])).stdout);
    const same = await fixture.run(['policies', 'propose', file, '--reason', 'again']);
    expect(same.stdout).toMatch(new RegExp(`^${name} says the same`));
    const broken = join(fixture.folder, 'broken.json');
    writeFileSync(broken, '{"schema":1}');
    expect((await fixture.run(['policies', 'propose', broken, '--reason', 'x'])).stderr).toContain('not a policy');
  });
});

describe('trimtab optimize', () => {
  it('plans a run without doing it, and without an optimizer', async () => {
    const before = await policyOf();
    const { stdout } = await fixture.run(['optimize', 'run', '--dry-run']);
    expect(stdout).toContain('Nothing is done.');
    expect(stdout).toMatch(/Routing \(propose\):/);
    expect(stdout).toContain('It would be stored as a proposal, for a person to activate.');
    const plan = (await fixture.run(['optimize', 'run', '--dry-run', '--json'])).json();
    expect(plan).toMatchObject({ routing: { draft: { outcome: 'propose', heldBy: null } } });
    expect(plan).toMatchObject({ routing: { offPolicy: { result: 'not_needed', goesOn: true }, judgeDrifts: [] } });
    expect(stdout).toContain('Held against logged sessions: there is nothing to wait for (no weight changes).');
    expect(await policyOf()).toEqual(before);
  });

  it('pauses with a reason, and status shows who did', async () => {
    expect((await fixture.run(['optimize', 'pause', '--reason', 'release week', '--json'])).json()).toMatchObject({
      paused: true,
    });
    expect((await fixture.run(['status'])).stdout).toMatch(/PAUSED by cli:\S+ for \S+: release week/);
    await fixture.run(['optimize', 'resume']);
  });

  it('asks for a run, and tells that nobody takes it while the optimizer is down', async () => {
    const { code, json } = await fixture.run(['optimize', 'run', '--wait', '0', '--json']);
    expect(code).toBe(0);
    expect(json()).toMatchObject({ status: 'pending' });
    expect((await fixture.run(['status'])).stdout).toContain('waiting for an optimizer to take it');
  });
});
