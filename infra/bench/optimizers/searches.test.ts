import { describe, expect, it } from 'vitest';
import { UNLIMITED } from '../../../services/optimizer/prompts/contract/budget-ledger.ts';
import { createMemoryCache } from '../../../services/optimizer/prompts/contract/memory-cache.ts';
import { promptId } from '../../../services/optimizer/prompts/contract/prompt.ts';
import type { SearchCheckpoint } from '../../../services/optimizer/prompts/contract/search-checkpoint.ts';
import type { Evaluator } from '../../../services/optimizer/prompts/contract/search-ports.ts';
import { searchPrompts } from '../../../services/optimizer/prompts/contract/search-prompts.ts';
import { PROMPT_OPTIMIZERS } from '../../../services/optimizer/prompts/registry.ts';
import { createMockModels, inProcess } from './landscapes/mock-models.ts';
import { createWorld, type WorldSpec } from './landscapes/world.ts';

const DIRTY: WorldSpec = { landscape: 'L6', constants: 'frozen', seed: 5, noise: 0.15 };
const never = new AbortController().signal;

interface Run {
  readonly spec?: WorldSpec;
  readonly name: string;
  readonly budget?: number;
  readonly slots?: number;
  readonly seedText?: string;
  readonly checkpoint?: SearchCheckpoint | null;
  readonly cache?: ReturnType<typeof createMemoryCache>;
}

/** One search of the optimizer; also every checkpoint, and the prompts that were evaluated. */
async function run({ spec = DIRTY, name, budget = 240, slots = 8, seedText, checkpoint = null, cache }: Run) {
  const world = createWorld(spec);
  const models = createMockModels(world, inProcess);
  const saved: SearchCheckpoint[] = [];
  const evaluated = new Map<string, Set<string>>();
  const evaluator: Evaluator = {
    ...models.evaluator,
    evaluate(evaluation, signal) {
      const id = promptId(evaluation.prompt);
      evaluated.set(id, (evaluated.get(id) ?? new Set()).add(evaluation.rowId));
      return models.evaluator.evaluate(evaluation, signal);
    },
  };
  const task = seedText === undefined ? world.task : { ...world.task, seed: { prefix: seedText } };
  const result = await searchPrompts(
    {
      ...{ evaluator, teacher: models.teacher, cache: cache ?? createMemoryCache(), clock: () => 0 },
      pause: async () => {},
      save: async (each) => void saved.push(JSON.parse(JSON.stringify(each))),
    },
    {
      ...{ searchId: 's', task, ...PROMPT_OPTIMIZERS.find((each) => each.name === name)!.bind({}), seed: spec.seed },
      ...{ limits: { ...UNLIMITED, taskCalls: budget, teacherCalls: 60, costUsd: 2 }, stopping: {}, alpha: 0.05 },
      ...{ slots, attemptsMax: 4 },
    },
    checkpoint,
    never,
  );
  return { result, saved, evaluated, world };
}

describe.each(PROMPT_OPTIMIZERS.map(({ name }) => name))('%s', (name) => {
  it('goes on from any checkpoint to the same bytes', async () => {
    const cache = createMemoryCache();
    const whole = await run({ name, cache });
    const expected = JSON.stringify(whole.result);
    const stride = Math.max(1, Math.floor(whole.saved.length / 8));
    for (let at = 0; at < whole.saved.length; at += stride) {
      const resumed = await run({ name, cache, checkpoint: whole.saved[at]! });
      expect(JSON.stringify(resumed.result)).toBe(expected);
      expect(JSON.stringify(resumed.saved)).toBe(JSON.stringify(whole.saved.slice(at + 1)));
    }
  });

  it('comes to the same with one slot and with eight', async () => {
    const [alone, together] = [await run({ name, slots: 1 }), await run({ name, slots: 8 })];
    expect(JSON.stringify(alone.result)).toBe(JSON.stringify(together.result));
  });

  it('never spends more than its budget, whatever it is', async () => {
    for (const budget of [0, 1, 7, 33, 60, 101, 180]) {
      const { result } = await run({ name, budget });
      expect(result.spent.taskCalls).toBeLessThanOrEqual(budget);
      expect(result.spent.teacherCalls).toBeLessThanOrEqual(60);
      expect(result.spent.costUsd).toBeLessThanOrEqual(2);
    }
  });

  it('has the seed as candidate 0 on the whole select split, and returns a prompt as it was evaluated', async () => {
    const { result, evaluated, world } = await run({ name });
    expect(result.history[0]).toMatchObject({ index: 0, operator: 'seed', prompt: world.task.seed });
    const rows = evaluated.get(promptId(world.task.seed));
    expect(world.task.splits.select.every((rowId) => rows?.has(rowId))).toBe(true);
    const returned = evaluated.get(promptId(result.prompt));
    expect(world.task.splits.report.some((rowId) => returned?.has(rowId))).toBe(true);
  });

  it('touches the report split with the winner and the seed alone', async () => {
    const { result, evaluated, world } = await run({ name });
    const reported = [...evaluated].filter(([, rows]) => world.task.splits.report.some((rowId) => rows.has(rowId)));
    const allowed = new Set([promptId(world.task.seed), result.winnerId]);
    expect(reported.map(([id]) => id).filter((id) => !allowed.has(id))).toEqual([]);
  });

  it('takes a seed full of braces and slots for text', async () => {
    const seedText = 'Answer {input} with {"a": 1}, {{b}}, [[answer]] and %s.';
    const { result } = await run({ name, seedText });
    expect(result.history[0]?.prompt).toEqual({ prefix: seedText });
    expect(result.stop).not.toBe('aborted');
  });

  it('draws other candidates with another seed, 0 included', async () => {
    const [first, other] = [
      await run({ name, spec: { ...DIRTY, seed: 0 } }),
      await run({ name, spec: { ...DIRTY, seed: 1 } }),
    ];
    expect(JSON.stringify(first.result.history)).not.toBe(JSON.stringify(other.result.history));
  });
});
