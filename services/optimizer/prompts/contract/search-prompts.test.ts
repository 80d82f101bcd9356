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
