import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPromptRun } from '#shared/database/prompt-run-store.ts';
import { bodyTo, propose } from '#shared/testing/optimizer-fixture.ts';
import { PROMPT_OPTIMIZERS } from '../../services/optimizer/prompts/registry.ts';
import { advanceRun } from '../../services/optimizer/prompts/runs/advance-run.ts';
import {
  scriptedReplays,
  scriptedTeacher,
  storeTraffic,
  uuidOf,
} from '../../services/optimizer/prompts/runs/testing/search-fixture.ts';
import { CONFIG, type CommandFixture, createCommandFixture } from './testing/command-fixture.ts';

const TEACHER = 'teacher: { provider: local, model: teacher-1, price: { input: 1, output: 4 } }\n';
const CLUSTER = uuidOf('cluster default');

let fixture: CommandFixture;
beforeAll(async () => {
  fixture = await createCommandFixture();
  fixture.writeConfig(`${CONFIG}${TEACHER}`);
  await fixture.run(['migrate']);
  await storeTraffic(fixture.database, { project: 'default', failing: 36, passing: 30, nowMs: Date.now() });
});
afterAll(() => fixture.close());

const begin = (...more: string[]) =>
  fixture.run(['optimize', 'prompt', '--cluster', CLUSTER.slice(0, 8), '--optimizer', 'random-search', ...more]);

/** What the optimizer does once it takes the search up. */
async function workOn(promptRunId: string): Promise<void> {
  const { database } = fixture;
  const run = (await readPromptRun(database, 'default', promptRunId))!;
  await advanceRun(
    {
      ...{ database, now: Date.now, teacher: scriptedTeacher(), replays: scriptedReplays(database) },
      optimizers: new Map(PROMPT_OPTIMIZERS.map((optimizer) => [optimizer.name, optimizer])),
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(5, ms))),
    },
    run,
    { signal: new AbortController().signal, patienceMs: 30_000 },
  );
}

describe('trimtab optimize prompt', () => {
  it('shows plan and cost, and begins nothing, on a dry run', async () => {
    const { code, stdout } = await begin('--budget-usd', '5', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /Cure parallel_collapsed on steady in \S+ \(36 failures in 36 sessions\) with random-search/,
    );
    expect(stdout).toMatch(
      /Calls: 36 failing and 24 passing; \d+ to propose from, \d+ to choose by, \d+ for the last test/,
    );
    expect(stdout).toMatch(/Budget: \$5\.00 for at most \d+ replays .* and the teacher local\/teacher-1/);
    expect(stdout).toContain('Nothing was begun.');
    expect((await fixture.run(['prompts', 'list', '--json'])).json()).toEqual([]);
    expect((await begin('--dry-run', '--json')).json()).toMatchObject({ dryRun: true, plan: { budgetUsd: 5 } });
  });

  it.each([
    [['--budget-usd', '0.001'], /does not last for the fewest replays .* at least \d+ replays, about \$\d/],
    [['--optimizer', 'clairvoyance'], /there is no optimizer clairvoyance; there are random-search, .*gepa/],
    [['--set', 'wonders=7'], /wonders/],
    [['--model', 'cheap'], /no failures of the cluster there; they are on steady/],
    [['--cluster', 'deadbeef'], /there is no cluster deadbeef/],
    [['--budget-usd', 'much'], /takes an amount like 5/],
  ])('refuses what it cannot do and says why: %s', async (more, message) => {
    const { code, stderr } = await begin(...more);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });

  it('says so where the calls that failed are not of the policy that is served', async () => {
    const cheap = await propose(fixture.database, 'default', bodyTo('cheap'));
    expect((await fixture.run(['policies', 'activate', cheap])).code).toBe(0);
    expect((await begin('--dry-run')).stderr).toMatch(
      /are on steady in \S+, where the policy that is served sends nothing/,
    );
    expect((await fixture.run(['policies', 'rollback'])).code).toBe(0);
    expect((await begin('--dry-run')).code).toBe(0);
  });

  it('begins a search that the optimizer takes up, follows it, and leaves it running on Ctrl-C', async () => {
    const gone = new AbortController();
    const argv = ['optimize', 'prompt', '--cluster', 'merged-calls', '--optimizer', 'random-search', '--json'];
    const followed = await fixture.run(argv, {
      signal: gone.signal,
      onOutput: (text) => {
        if (text.includes('waiting for the optimizer')) gone.abort();
      },
    });
    const run = followed.json() as { promptRunId: string };
    expect(followed).toMatchObject({ code: 0, stderr: expect.stringContaining('The search goes on without you') });
    expect(await readPromptRun(fixture.database, 'default', run.promptRunId)).toMatchObject({ status: 'running' });

    const watching = fixture.run(['prompts', 'watch', run.promptRunId.slice(0, 8)]);
    await workOn(run.promptRunId);
    const watched = await watching;
    expect(watched.stdout).toMatch(/accepted/);
    expect(watched.stdout).toMatch(
      /improvement +\+0\.\d+ on \d+ calls it had not seen; at least 0\.\d+ with 95 % confidence/,
    );
  });

  it('ends a search that is cancelled', async () => {
    const { promptRunId } = (await begin('--detach', '--json')).json() as { promptRunId: string };
    const id = promptRunId.slice(0, 8);
    expect((await fixture.run(['prompts', 'cancel', id])).stdout).toContain('ends before its next step');
    await workOn(promptRunId);
    expect((await fixture.run(['prompts', 'show', id])).stdout).toMatch(/cancelled\n +why +somebody cancelled it/);
    expect((await fixture.run(['prompts', 'cancel', id])).stdout).toContain('had ended before: it is cancelled');
  });
});

describe('what searches found', () => {
  it('is listed, compared and shown with every candidate, expense and replay', async () => {
    const list = (await fixture.run(['prompts', 'list', '--json'])).json() as { promptRunId: string; status: string }[];
    expect(list.map((run) => run.status)).toEqual(['cancelled', 'accepted']);
    const id = list[1]!.promptRunId.slice(0, 8);
    expect((await fixture.run(['prompts', 'compare', ...list.map((run) => run.promptRunId)])).stdout).toMatch(
      new RegExp(`${id} +random-search +accepted +improved`),
    );
    const shown = await fixture.run(['prompts', 'show', id]);
    expect(shown.stdout).toMatch(/task +\d+ +\$/);
    expect(shown.stdout).toMatch(/0 +none +seed/);
    const replays = (await fixture.run(['replay', 'list', '--search', id, '--json'])).json() as { failed: string[] }[];
    expect(replays.length).toBeGreaterThan(20);
    expect(replays.some((replay) => replay.failed.includes('parallel_collapsed'))).toBe(true);
    expect((await fixture.run(['replay', 'list', '--status', 'pending'])).stdout).toContain('No replays');
  });

  it('is told of a prefix with those that it was made from', async () => {
    const list = (await fixture.run(['prompts', 'list', '--json'])).json() as { candidatePrefixId: string | null }[];
    const prefixId = list[1]!.candidatePrefixId!;
    const { stdout } = await fixture.run(['prompts', 'lineage', prefixId.slice(0, 12)]);
    expect(stdout).toMatch(/candidate \d+, \S+ of none, score [01]\.\d+/);
    expect(stdout).toMatch(/\| .*block of its own/);
    expect(await fixture.run(['prompts', 'lineage', 'ffffffffffff'])).toMatchObject({ code: 1 });
  });
});
