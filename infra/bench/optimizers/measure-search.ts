import { UNLIMITED } from '../../../services/optimizer/prompts/contract/budget-ledger.ts';
import type { EarlyStoppingConfig } from '../../../services/optimizer/prompts/contract/early-stopping.ts';
import { createMemoryCache } from '../../../services/optimizer/prompts/contract/memory-cache.ts';
import type { RegisteredOptimizer } from '../../../services/optimizer/prompts/contract/register-optimizer.ts';
import type { SearchCheckpoint } from '../../../services/optimizer/prompts/contract/search-checkpoint.ts';
import { searchPrompts } from '../../../services/optimizer/prompts/contract/search-prompts.ts';
import type { PromptSearchResult } from '../../../services/optimizer/prompts/contract/search-result.ts';
import type { Chat } from './landscapes/chat.ts';
import { createMockModels, inProcess } from './landscapes/mock-models.ts';
import { createWorld, type World, type WorldSpec } from './landscapes/world.ts';

export interface SearchSpec {
  readonly world: WorldSpec;
  readonly optimizer: RegisteredOptimizer;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Task calls, those of the final report included. */
  readonly budget: number;
  readonly stopping?: EarlyStoppingConfig;
  /** The mock in this process when absent. */
  readonly chat?: Chat;
}

/** What one search came to, and what the world knows of it. */
export interface SearchMeasurement {
  readonly result: PromptSearchResult;
  readonly world: World;
  /** True score of the returned prompt on rows that nobody saw. */
  readonly heldOut: number;
  /** True score of the returned prompt on the rows that the search saw. */
  readonly train: number;
  readonly seedHeldOut: number;
  /** Claimed score less what the judge would say of the report split in the mean. */
  readonly claimGap: number;
  readonly taskCalls: number;
  readonly teacherCalls: number;
  /** Seconds that the search would take with one and with eight workers, at so much a call. */
  readonly secondsAlone: number;
  readonly secondsWithEight: number;
}

/** Teacher calls are counted, not limited: the references had no limit on them either. */
const TEACHER_CALLS_MAX = 2_000;
const ALPHA = 0.05;
const ATTEMPTS_MAX = 4;
const SLOTS = 8;

/** Seconds of one call of a model. An evaluation is two of them, answer and judgement. */
const LATENCY_SECONDS = 0.05;

export async function measureSearch(spec: SearchSpec): Promise<SearchMeasurement> {
  const world = createWorld(spec.world);
  const { evaluator, teacher } = createMockModels(world, spec.chat ?? inProcess);
  const bound = spec.optimizer.bind(spec.options ?? {});
  let last: SearchCheckpoint | null = null;
  const result = await searchPrompts(
    {
      ...{ evaluator, teacher, cache: createMemoryCache(), clock: () => 0 },
      pause: async () => {},
      save: async (checkpoint) => {
        last = checkpoint;
      },
    },
    {
      ...{ searchId: world.name, task: world.task, ...bound, seed: spec.world.seed },
      limits: { ...UNLIMITED, taskCalls: spec.budget, teacherCalls: TEACHER_CALLS_MAX },
      ...{ stopping: spec.stopping ?? {}, alpha: ALPHA, slots: SLOTS, attemptsMax: ATTEMPTS_MAX },
    },
    null,
    new AbortController().signal,
  );
  const { rows } = world;
  const expected = world.expectedScore(result.prompt, rows.report);
  return {
    result,
    world,
    heldOut: world.trueScore(result.prompt, rows.heldOut),
    train: world.trueScore(result.prompt, [...rows.propose, ...rows.select]),
    seedHeldOut: world.trueScore(world.task.seed, rows.heldOut),
    claimGap: (result.verdict.claimed.mean ?? expected) - expected,
    taskCalls: result.spent.taskCalls,
    teacherCalls: result.spent.teacherCalls,
    secondsAlone: secondsOf(last, 1),
    secondsWithEight: secondsOf(last, 8),
  };
}

/** Batches wait for one another; within a batch, workers share the calls. */
function secondsOf(checkpoint: SearchCheckpoint | null, workers: number): number {
  const told = [...(checkpoint?.search.told ?? []), ...(checkpoint?.report?.told ?? [])];
  const rounds = told.reduce((sum, { outcomes }) => {
    const calls = outcomes.reduce(
      (each, outcome) => each + (outcome.kind === 'teach' ? 1 : 2 * outcome.rows.length),
      0,
    );
    return sum + Math.max(2, Math.ceil(calls / workers));
  }, 0);
  return rounds * LATENCY_SECONDS;
}
