import { describe, expect, it } from 'vitest';
import { readLoggedSessions } from '#shared/database/logged-session-store.ts';
import { readRun } from '#shared/database/optimizer-run-store.ts';
import { readPointer } from '#shared/database/pointer-store.ts';
import { readPolicy } from '#shared/database/policy-store.ts';
import { readGovernance } from '#shared/database/read-governance.ts';
import { insertCall, insertSessions, SHAPE, seedProject } from '#shared/testing/optimizer-fixture.ts';
import type { RoutingDecision } from '../cycle-checkpoint.ts';
import { planCycle } from '../plan-cycle.ts';
import { askForRun, createCycleClock, createCycleWorker } from '../testing/cycle-fixture.ts';
import { openOptimizerStore } from '../testing/optimizer-store.ts';
import { checkRouting } from './check-routing.ts';

const DAY_MS = 86_400_000;
const clock = createCycleClock();
const { owner, optimizer: database } = await openOptimizerStore();

interface Logged {
  readonly model: string;
  readonly quality: number;
  readonly propensity: number | null;
  readonly variant?: string;
  readonly path?: string;
}

/** Closed sessions with a first call each, as the gateway would have logged them. */
async function seedLogged(project: string, sessions: readonly Logged[], stable: string): Promise<void> {
  const startedAt = (index: number) => new Date(clock.now() - 2 * DAY_MS + index * 1_000);
  await insertSessions(
    owner,
    sessions.map(({ model, quality, variant }, index) => ({
      ...{ project, index, startedAt: startedAt(index), quality, model, policyId: stable },
      variant: variant ?? 'stable',
    })),
  );
  for (const [index, { model, propensity, path }] of sessions.entries()) {
    const sessionId = `session-${index}`;
    const callId = await insertCall(owner, { project, index, startedAt: startedAt(index), sessionId, model });
    await owner
      .updateTable('call')
      .set({ propensity, path: path ?? 'hot', inputTokens: 1_000, outputTokens: 100, prefixId: null })
      .where('callId', '=', callId)
      .execute();
  }
}

/** Alternately good and bad, so that the mean is what is asked for. */
const sessionsOf = (model: string, count: number, mean: number, propensity: number): Logged[] =>
  Array.from({ length: count }, (_, at) => ({
    ...{ model, propensity, variant: propensity < 0.5 ? 'exploration' : 'stable' },
    quality: Math.min(1, mean + (at % 2 === 0 ? 0.04 : -0.04)),
  }));

describe('logged sessions', () => {
  it('are those of the project and its window that have a logged chance, canaries apart', async () => {
    const project = 'logged';
    const stable = await seedProject(owner, project);
    const wanted = { model: 'steady', quality: 0.9, propensity: 0.97 };
    await seedLogged(
      project,
      [
        wanted,
        { ...wanted, propensity: null },
        { ...wanted, variant: 'canary' },
        { ...wanted, model: 'cheap', propensity: 0.03, variant: 'exploration', path: 'fallback' },
      ],
      stable,
    );
    const asOf = new Date(clock.now());
    const window = { since: new Date(clock.now() - 30 * DAY_MS), asOf, drifts: [] };
    const read = await readLoggedSessions(database, project, window);
    expect(read).toEqual([
      expect.objectContaining({ sessionId: 'session-3', model: 'cheap', propensity: 0.03, prefixId: undefined }),
      expect.objectContaining({ sessionId: 'session-0', propensity: 0.97, prefixId: null, turnShape: SHAPE }),
    ]);
    const early = { ...window, asOf: new Date(clock.now() - 3 * DAY_MS) };
    expect(await readLoggedSessions(database, project, early)).toEqual([]);

    // A judge that was away has had a say in the one, and drawn verdicts make a number below 0 of it.
    await owner
      .updateTable('session')
      .set({ judgedBy: ['a-judge'], qualityUnbounded: -0.5 })
      .where('projectId', '=', project)
      .where('sessionId', '=', 'session-0')
      .execute();
    expect((await readLoggedSessions(database, project, window)).map(({ quality }) => quality)).toEqual([0.9, -0.5]);
    const drift = { key: 'a-judge', since: new Date(clock.now() - 4 * DAY_MS), until: null };
    const held = await readLoggedSessions(database, project, { ...window, drifts: [drift] });
    expect(held.map(({ sessionId }) => sessionId)).toEqual(['session-3']);
    const settled = { ...drift, until: new Date(clock.now() - 3 * DAY_MS) };
    expect(await readLoggedSessions(database, project, { ...window, drifts: [settled] })).toHaveLength(2);
  });
});

describe('a draft that logged sessions speak against', () => {
  const rules = { weights: 'automatic', prefixes: 'off', weightStepMax: 1, qualityBar: 0.7 } as const;

  it('is stored and not served: its run says why, and a dry run says the same', async () => {
    const project = 'held';
    const stable = await seedProject(owner, project, rules);
    // Both models are proven at the bar of 0.7, and the cheaper one is 17 points worse than what is served.
    await seedLogged(
      project,
      [...sessionsOf('steady', 300, 0.95, 0.75), ...sessionsOf('cheap', 300, 0.78, 0.25)],
      stable,
    );
    const plan = await planCycle(database, { projectId: project, nowMs: clock.now() });
    expect(plan.routing?.offPolicy).toMatchObject({ result: 'worse', goesOn: false });
    expect(plan.routing?.draft).toMatchObject({ outcome: 'hold', heldBy: 'worse' });

    const run = await askForRun(database, project, clock);
    await createCycleWorker(database, project, clock).work();
    const done = await readRun(database, project, run.runId);
    expect(done?.status).toBe('done');
    const routing = done?.summary['routing'] as Record<string, Record<string, unknown>>;
    expect(routing['offPolicy']).toMatchObject({ result: 'worse', comparison: { affected: 600 } });
    expect(routing['published']).toMatchObject({ rolloutId: null, activated: false, heldBy: 'worse' });
    expect(await readPointer(database, project)).toMatchObject({ stable, canary: null });
    const stored = await readPolicy(database, project, String(routing['published']?.['policyId']));
    expect(stored?.evidence).toMatchObject({ offPolicy: { result: 'worse', goesOn: false } });
  });

  it('goes on with its exploration alone where overlap is lacking', async () => {
    const project = 'explored-first';
    const stable = await seedProject(owner, project, rules);
    const policy = await readPolicy(database, project, stable);
    const governance = (await readGovernance(database, project))?.body;
    const [first] = policy?.body.routes ?? [];
    if (policy === null || first === undefined || governance === undefined)
      throw new Error('the project is not seeded');
    const cheap = {
      ...first,
      targets: [
        { model: 'steady', weight: 5_000 },
        { model: 'cheap', weight: 5_000 },
      ],
      exploration: [{ model: 'cheap', share: 300 }],
    };
    const body = { ...policy.body, routes: [cheap, ...policy.body.routes.slice(1)] };
    const explanations = [{ turnShape: null, reason: 'cheaper_proven', models: [{ model: 'cheap', phase: 'open' }] }];
    const decision: RoutingDecision = {
      ...{ type: 'draft', reason: null, explanations, judgeDrifts: [], parentId: stable },
      draft: { body, reason: 'a test', evidence: {}, explorationOnly: false },
    };
    const check = await checkRouting(database, project, decision, governance, new Date(clock.now()));
    expect(check.verdict).toMatchObject({ result: 'insufficient_overlap', goesOn: false });
    expect(check.draft).toMatchObject({
      explorationOnly: true,
      evidence: { wanted: body, offPolicy: { goesOn: false } },
    });
    expect(check.draft?.heldBy).toBeUndefined();
    expect(check.draft?.body.routes[0]).toEqual({ ...first, exploration: [{ model: 'cheap', share: 300 }] });
  });

  it('becomes a canary as soon as they speak for it', async () => {
    const project = 'goes-on';
    const stable = await seedProject(owner, project, rules);
    await seedLogged(
      project,
      [...sessionsOf('steady', 300, 0.9, 0.75), ...sessionsOf('cheap', 300, 0.92, 0.25)],
      stable,
    );
    const run = await askForRun(database, project, clock);
    await createCycleWorker(database, project, clock).work();
    const routing = (await readRun(database, project, run.runId))?.summary['routing'] as Record<string, unknown>;
    expect(routing['offPolicy']).toMatchObject({ result: 'passed', goesOn: true });
    expect((await readPointer(database, project))?.canary).not.toBeNull();
  });

  it('is left to people as it is where they decide, with the verdict among its evidence', async () => {
    const project = 'proposed';
    const stable = await seedProject(owner, project, { ...rules, weights: 'propose' });
    await seedLogged(
      project,
      [...sessionsOf('steady', 300, 0.95, 0.75), ...sessionsOf('cheap', 300, 0.78, 0.25)],
      stable,
    );
    const run = await askForRun(database, project, clock);
    await createCycleWorker(database, project, clock).work();
    const routing = (await readRun(database, project, run.runId))?.summary['routing'] as Record<string, unknown>;
    expect(routing['published']).toMatchObject({ heldBy: null, rolloutId: null, activated: false });
    const policyId = String((routing['published'] as Record<string, unknown>)['policyId']);
    expect((await readPolicy(database, project, policyId))?.evidence).toMatchObject({ offPolicy: { result: 'worse' } });
  });
});
