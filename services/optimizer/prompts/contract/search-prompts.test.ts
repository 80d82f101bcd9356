import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { UNLIMITED } from './budget-ledger.ts';
import { createMemoryCache } from './memory-cache.ts';
import type { SearchCheckpoint } from './search-checkpoint.ts';
import type { Evaluator, Teacher } from './search-ports.ts';
import { type SearchPlan, searchPrompts } from './search-prompts.ts';
import { splitRows } from './splits.ts';
import type { PromptOptimizer } from './stepper.ts';
import type { PromptTask } from './task.ts';

const rows = Array.from({ length: 40 }, (_, index) => ({
  ...{ id: `row-${index}`, input: `${index}`, expected: null, group: `row-${index}`, stratum: '', component: null },
}));
const task: PromptTask = {
  description: 'Count.',
  seed: { prefix: '' },
  rows,
  splits: splitRows(rows, 1)!,
  lengthMax: 100,
  lengthCost: 0,
  refusal: () => null,
};

/** A row is right when the prompt has more letters than a threshold of its own. */
const evaluator: Evaluator = {
  model: 'counter',
  judgeVersion: '1',
  most: () => ({ judgeCalls: 1, costUsd: 0.01 }),
  evaluate: async ({ prompt, rowId }) => {
    const score = prompt['prefix']!.length > Number(rowId.slice(4)) % 10 ? 1 : 0;
    return { status: 'scored', score, output: '', reason: 'short', failed: [], judgeCalls: 1, costUsd: 0.01 };
  },
};
const teacher: Teacher = {
  model: 'teacher',
  most: () => 0.1,
  teach: async ({ user }) => ({ status: 'answered', text: `${user}x`, costUsd: 0.1 }),
};

/** Lets the teacher make the best one longer, round after round. */
const grow: PromptOptimizer<{ rounds: number }> = {
  name: 'grow',
  version: 1,
  options: z.object({ rounds: z.int() }),
  taskCallsMin: () => 1,
  *search({ book, task: { splits }, options, evaluate, teach, random }) {
    yield* evaluate([{ candidateId: book.seed.id, rowIds: splits.select, purpose: 'select' }]);
    for (let round = 0; round < options.rounds; round += 1) {
      const parent = book.best();
      const [answer] = yield* teach([
        {
          operator: 'grow',
          system: '',
          user: parent.prompt['prefix']!,
          schemaName: 'text',
          jsonSchema: {},
          maxOutputTokens: 10,
        },
      ]);
      if (answer?.status !== 'answered') return;
      const text = answer.text + 'y'.repeat(random('letters').integer(3));
      const child = book.add({ prompt: { prefix: text }, parents: [parent.id], operator: 'grow' });
      if (child !== null) yield* evaluate([{ candidateId: child.id, rowIds: splits.select, purpose: 'select' }]);
    }
  },
};

const plan: SearchPlan<{ rounds: number }> = {
  ...{ searchId: 's', task, optimizer: grow, options: { rounds: 12 }, seed: 0, limits: UNLIMITED },
  ...{ stopping: {}, alpha: 0.05, slots: 4, attemptsMax: 2 },
};

function open() {
  const saved: SearchCheckpoint[] = [];
  const deps = {
    ...{ evaluator, teacher, cache: createMemoryCache(), clock: () => 0, pause: async () => {} },
    save: async (checkpoint: SearchCheckpoint) => void saved.push(JSON.parse(JSON.stringify(checkpoint))),
  };
  return { deps, saved, never: new AbortController().signal };
}

describe('a search', () => {
  it('finds the longer prompt and proves it on the report split', async () => {
    const { deps, never } = open();
    const result = await searchPrompts(deps, plan, null, never);
    expect(result).toMatchObject({ improved: true, stop: 'finished' });
    expect(result.prompt['prefix']!.length).toBeGreaterThan(8);
    expect(result.verdict.claimed.mean).toBeGreaterThan(0.9);
  });

  it('goes on from every checkpoint to the same result', async () => {
    const { deps, saved, never } = open();
    const { cache } = deps;
    const whole = JSON.stringify(await searchPrompts(deps, plan, null, never));
    for (const checkpoint of saved.slice()) {
      const again = open();
      expect(JSON.stringify(await searchPrompts({ ...again.deps, cache }, plan, checkpoint, never))).toBe(whole);
    }
    expect(saved.length).toBeGreaterThan(20);
  });
});

/** A search that scores the seed and then these texts, each on the rows given. */
const tryTexts = (texts: readonly string[], part: 'select' | 'propose' = 'select'): PromptOptimizer<object> => ({
  ...{ name: 'try', version: 1, options: z.object({}), taskCallsMin: () => 1 },
  *search({ book, task: { splits }, evaluate }) {
    yield* evaluate([{ candidateId: book.seed.id, rowIds: splits.select, purpose: 'select' }]);
    for (const prefix of texts) {
      const child = book.add({ prompt: { prefix }, parents: [], operator: 'try' });
      const purpose = part === 'select' ? 'select' : 'minibatch';
      if (child !== null) yield* evaluate([{ candidateId: child.id, rowIds: splits[part], purpose }]);
    }
  },
});
const LONG = 'x'.repeat(20);
const texts = ['xxx', LONG, 'xx', 'x', 'xxxx'];
const planOf = (optimizer: PromptOptimizer<object>, more: Partial<SearchPlan<object>> = {}): SearchPlan<object> => ({
  ...{ ...plan, optimizer, options: {} },
  ...more,
});
const search = async (searchPlan: SearchPlan<object>, other: Partial<Evaluator> = {}, clock = () => 0) => {
  const { deps, saved, never } = open();
  const result = await searchPrompts(
    { ...deps, clock, evaluator: { ...evaluator, ...other } },
    searchPlan,
    null,
    never,
  );
  return { result, saved };
};

describe('the end of a search', () => {
  it('keeps the winner that reaches the threshold, and tries nothing after it', async () => {
    const { result } = await search(planOf(tryTexts(texts), { stopping: { minScoreThreshold: 0.95 } }));
    expect(result).toMatchObject({ stop: 'score_threshold', improved: true, prompt: { prefix: LONG } });
    expect(result.history.filter(({ selectScore }) => selectScore !== null).length).toBe(3);
  });

  it('is never brought about by a minibatch, however good', async () => {
    const { result } = await search(
      planOf(tryTexts(texts, 'propose'), { stopping: { minScoreThreshold: 0.1, patience: 1, flatWindow: 1 } }),
    );
    expect(result).toMatchObject({ stop: 'finished', improved: false, winnerId: result.history[0]?.id });
  });

  it.each([
    [{ stopping: { patience: 2 } }, 'patience'],
    [{ stopping: { maxEvaluations: 60 } }, 'max_evaluations'],
    [{ limits: { ...UNLIMITED, judgeCalls: 100 } }, 'judge_calls'],
    [{ stopping: { costUsdMax: 1 } }, 'cost'],
    [{ stopping: { wallTimeMsMax: 5 } }, 'wall_time'],
  ] as const)('has a code: %j is %s', async (more, code) => {
    let now = 0;
    const { result } = await search(planOf(tryTexts(texts), more), {}, () => {
      now += 1;
      return now;
    });
    expect(result.stop).toBe(code);
  });

  it('never spends more than its limits, the report included', async () => {
    for (let taskCalls = 0; taskCalls < 90; taskCalls += 7) {
      const limits = { ...UNLIMITED, taskCalls, costUsd: 0.7 };
      const { result } = await search(planOf(tryTexts(texts), { limits }));
      expect(result.spent.taskCalls).toBeLessThanOrEqual(taskCalls);
      expect(result.spent.costUsd).toBeLessThanOrEqual(0.7 + 1e-9);
    }
  });

  it('is near when nothing can be scored, and an outage proves nothing', async () => {
    const down = { status: 'error', message: 'down', retryable: false, judgeCalls: 0, costUsd: 0 } as const;
    const { result } = await search(planOf(tryTexts(texts)), { evaluate: async () => down });
    expect(result).toMatchObject({ stop: 'no_signal', improved: false, prompt: task.seed });
    expect(result.verdict.claimed.mean).toBeNull();
  });

  it('returns the seed where a winner was lucky on the select split', async () => {
    const lucky: Evaluator['evaluate'] = async ({ prompt, rowId }) => {
      const isLucky = prompt['prefix'] === LONG && task.splits.select.includes(rowId);
      return {
        status: 'scored',
        score: isLucky ? 1 : 0.5,
        output: '',
        reason: '',
        failed: [],
        judgeCalls: 1,
        costUsd: 0,
      };
    };
    const { result } = await search(planOf(tryTexts(texts)), { evaluate: lucky });
    expect(result.history.find(({ id }) => id === result.winnerId)?.selectScore?.mean).toBe(1);
    expect(result).toMatchObject({ improved: false, prompt: task.seed });
    expect(result.verdict.claimed.mean).toBe(0.5);
  });
});

describe('a checkpoint', () => {
  it('does not go on as another search', async () => {
    const { deps, saved, never } = open();
    await searchPrompts(deps, plan, null, never);
    const other = { ...plan, options: { rounds: 13 } };
    await expect(searchPrompts(deps, other, saved[3]!, never)).rejects.toMatchObject({ code: 'conflict' });
    const newer = { ...plan, optimizer: { ...grow, version: 2 } };
    await expect(searchPrompts(deps, newer, saved[3]!, never)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is what an aborted search leaves behind, and enough to go on', async () => {
    const { deps, saved, never } = open();
    const whole = JSON.stringify(await searchPrompts(deps, plan, null, never));
    const again = open();
    const controller = new AbortController();
    let calls = 0;
    const evaluate: Evaluator['evaluate'] = (evaluation, signal) => {
      calls += 1;
      if (calls === 70) controller.abort(new Error('stopped'));
      return evaluator.evaluate(evaluation, signal);
    };
    const cut = searchPrompts({ ...again.deps, evaluator: { ...evaluator, evaluate } }, plan, null, controller.signal);
    await expect(cut).rejects.toThrow('stopped');
    expect(again.saved.length).toBeGreaterThan(0);
    expect(again.saved.length).toBeLessThan(saved.length);
    expect(JSON.stringify(await searchPrompts(again.deps, plan, again.saved.at(-1)!, never))).toBe(whole);
  });
});
