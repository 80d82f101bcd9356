import type { z } from 'zod';
import { type Governance, governanceSchema } from '#shared/domain/governance.ts';
import { qualityRulesOf } from '../../../services/optimizer/routing/assess-models.ts';
import type { RoutingCell } from '../../../services/optimizer/routing/routing-cell.ts';
import { createRoutingState } from '../../../services/optimizer/routing/routing-state.ts';
import { stepRouting } from '../../../services/optimizer/routing/step-routing.ts';
import { createSeededRandom } from '../seeded-random.ts';
import { planChange } from './plan-change.ts';
import type { Outcome, OutcomeMatrix } from './read-bfcl.ts';
import {
  assignSession,
  servedModel,
  serveSession,
  startingPolicy,
  withChange,
  withExploration,
} from './replay-policy.ts';
import { createReplayRollouts, type ReplayRollouts } from './replay-rollouts.ts';

export interface ReplayOptions {
  readonly seed: number;
  /** Calls that routing learns from, beside those that pass while canaries run. */
  readonly learningCalls: number;
  /** Calls after which the replay ends in any case. */
  readonly callsMax: number;
  /** Index of the model that serves everything at the start. */
  readonly incumbent: number;
  /** What people have set, apart from the list of models. */
  readonly governance: Omit<z.input<typeof governanceSchema>, 'models'>;
}

export interface ReplayResult {
  /** Index of the model that serves each shape at the end. */
  readonly models: readonly number[];
  readonly calls: number;
  readonly endings: ReturnType<ReplayRollouts['endings']>;
}

/** Calls between two looks of the optimizer. */
const LOOK_CALLS = 100;
export const CALLS_PER_DAY = 100_000;
const SPACING_MS = 86_400_000 / CALLS_PER_DAY;

/**
 * What a run through the rows of `train`, drawn with replacement, has come to from cold. Routing explores and plans as in
 * production; which model serves a shape changes only by a canary of that model in that shape. While one runs, only its
 * own sessions are followed: those of other shapes are served as before, and what they would teach is left out.
 */
export function learnFromReplay(matrix: OutcomeMatrix, train: readonly number[], options: ReplayOptions): ReplayResult {
  const random = createSeededRandom(options.seed);
  const governance = governanceOf(matrix, options);
  const rules = qualityRulesOf(governance);
  const rollouts = createReplayRollouts(governance);
  const indexOf = new Map(matrix.models.map(({ id }, index) => [id, index]));
  const salt = `${options.seed}`;
  const spent = new Map<string, RoutingCell>();
  let stable = startingPolicy(matrix.shapes, matrix.models[options.incumbent]?.id ?? '');
  let canary = stable;
  let state = createRoutingState();
  let learned = 0;
  let calls = 0;
  for (; learned < options.learningCalls && calls < options.callsMax; calls += 1) {
    const row = matrix.rows[train[Math.floor(random.uniform() * train.length)] ?? 0];
    const turnShape = matrix.shapes[row?.shape ?? 0] ?? '';
    const running = rollouts.running();
    if (running !== null && running.turnShape !== turnShape) continue;
    const nowMs = calls * SPACING_MS;
    const session = { sessionId: `${calls}`, salt, turnShape };
    const assignment = assignSession(session, stable, governance, running !== null);
    const { variant } = assignment;
    const isArm = variant === 'canary' || variant === 'control';
    if (running !== null && !isArm) continue;
    const model = serveSession(session, assignment, variant === 'canary' ? canary : stable, governance);
    const outcome = row?.outcomes[indexOf.get(model) ?? 0];
    if (outcome === undefined) continue;
    const quality = outcome.valid;
    if (isArm) {
      if (rollouts.see({ ...session, variant, quality }, nowMs) === 'promote') stable = canary;
      continue;
    }
    learned += 1;
    note(spent, turnShape, model, outcome);
    state = stepRouting(state, { type: 'session', turnShape, model, quality, hardFailure: false }, rules);
    if (learned % LOOK_CALLS !== 0) continue;
    const isCooling = (change: Parameters<ReplayRollouts['isCooling']>[0]) => rollouts.isCooling(change, nowMs);
    const { plan, change } = planChange({ current: stable, governance, state, cells: [...spent.values()], isCooling });
    stable = withExploration(stable, plan.body);
    if (change === null) continue;
    canary = withChange(stable, change);
    rollouts.open(change, nowMs);
  }
  const models = matrix.shapes.map((turnShape) => indexOf.get(servedModel(stable, turnShape)) ?? options.incumbent);
  return { models, calls, endings: rollouts.endings() };
}

function governanceOf(matrix: OutcomeMatrix, options: ReplayOptions): Governance {
  const models = matrix.models.map(({ id, price }) => ({ id, provider: 'replay', price }));
  return governanceSchema.parse({ ...options.governance, weights: 'automatic', models });
}

/** Running mean of the tokens of a cell. */
function note(
  spent: Map<string, RoutingCell>,
  turnShape: string,
  model: string,
  outcome: Pick<Outcome, 'inputTokens' | 'outputTokens'>,
): void {
  const key = `${turnShape} ${model}`;
  const known = spent.get(key)?.tokens ?? null;
  const sessions = (known?.sessions ?? 0) + 1;
  const mean = (before: number, value: number) => before + (value - before) / sessions;
  spent.set(key, {
    ...{ turnShape, model, sessions: [] },
    tokens: {
      ...{ sessions, cacheReadInputTokens: 0, cacheCreationInputTokens: 0 },
      inputTokens: mean(known?.inputTokens ?? 0, outcome.inputTokens),
      outputTokens: mean(known?.outputTokens ?? 0, outcome.outputTokens),
    },
  });
}
