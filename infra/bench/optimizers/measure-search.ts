import { UNLIMITED } from '../../../services/optimizer/prompts/contract/budget-ledger.ts';
import type { EarlyStoppingConfig } from '../../../services/optimizer/prompts/contract/early-stopping.ts';
import { createMemoryCache } from '../../../services/optimizer/prompts/contract/memory-cache.ts';
import type { RegisteredOptimizer } from '../../../services/optimizer/prompts/contract/register-optimizer.ts';
import { searchPrompts } from '../../../services/optimizer/prompts/contract/search-prompts.ts';
import type { PromptSearchResult } from '../../../services/optimizer/prompts/contract/search-result.ts';
import { createMockModels, inProcess } from './landscapes/mock-models.ts';
import { createWorld, type World, type WorldSpec } from './landscapes/world.ts';

export interface SearchSpec {
  readonly world: WorldSpec;
  readonly optimizer: RegisteredOptimizer;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Task calls, those of the final report included. */
  readonly budget: number;
  readonly stopping?: EarlyStoppingConfig;
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
}

/** Teacher calls are counted, not limited: the references had no limit on them either. */
const TEACHER_CALLS_MAX = 2_000;
const ALPHA = 0.05;
const ATTEMPTS_MAX = 4;
const SLOTS = 8;

export async function measureSearch(spec: SearchSpec): Promise<SearchMeasurement> {
  const world = createWorld(spec.world);
  const { evaluator, teacher } = createMockModels(world, inProcess);
  const bound = spec.optimizer.bind(spec.options ?? {});
  const result = await searchPrompts(
    {
      ...{ evaluator, teacher, cache: createMemoryCache(), clock: () => 0 },
      pause: async () => {},
      save: async () => {},
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
  };
}
