import { sql } from 'kysely';
import pino from 'pino';
import { readGovernance } from '#shared/database/read-governance.ts';
import { openRollout } from '#shared/database/rollout-store.ts';
import { rolloutSettingsOf } from '#shared/domain/rollout.ts';
import { bodyTo, propose, type SessionFixture, seedProject } from '#shared/testing/optimizer-fixture.ts';
import { type Controller, createController } from '../controller.ts';
import { createRolloutState } from '../rollout/rollout-state.ts';
import { type OptimizerStore, openOptimizerStore } from './optimizer-store.ts';

export const HOUR_MS = 3_600_000;
/** When the rollouts of tests opened, and before which their other sessions started. */
export const OPENED_MS = Date.UTC(2026, 10, 20, 12);

/** A database of a test file's own, and controllers on it. */
export interface ControllerStore extends OptimizerStore {
  controllerOf(projectId: string, nowMs: number): Controller;
}

/** See `openOptimizerStore`. */
export async function openControllerStore(): Promise<ControllerStore> {
  const store = await openOptimizerStore();
  const log = pino({ level: 'silent' });
  return {
    ...store,
    controllerOf(projectId, nowMs) {
      const deps = { database: store.optimizer, log, now: () => nowMs, actor: 'optimizer:test' };
      return createController(deps, { projectId, minClusterSessions: 2 });
    },
  };
}

/** Numbers in [0, 1) that are the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** A project in which a policy that sends everything to `cheap` is on its canary, opened at `OPENED_MS`. */
export async function openTestRollout(
  { owner, optimizer }: OptimizerStore,
  project: string,
  governance: Record<string, unknown> = {},
) {
  const seed = await seedProject(owner, project, { weights: 'automatic', ...governance });
  const candidate = await propose(owner, project, bodyTo('cheap'), seed);
  const body = (await readGovernance(owner, project))?.body;
  if (body === undefined) throw new Error('the project has no governance');
  const settings = rolloutSettingsOf(body);
  const rollout = await openRollout(optimizer, {
    ...{ projectId: project, actor: 'optimizer:test', reason: 'cheaper', candidate, canaryShare: 0.05, settings },
    initialState: createRolloutState(settings),
  });
  await sql`UPDATE rollout SET opened_at = ${new Date(OPENED_MS)} WHERE rollout_id = ${rollout.rolloutId}`.execute(
    owner,
  );
  return { seed, candidate, rolloutId: rollout.rolloutId };
}

/** As many sessions in either arm, one a minute since the opening. */
export function rolloutSessions(
  project: string,
  rolloutId: string,
  count: number,
  quality: (variant: 'canary' | 'control', index: number) => number,
): SessionFixture[] {
  return Array.from({ length: count * 2 }, (_, index) => {
    const variant = index % 2 === 0 ? 'canary' : 'control';
    const startedAt = new Date(OPENED_MS + index * 60_000);
    return { project, index, startedAt, quality: quality(variant, index), rolloutId, variant };
  });
}
