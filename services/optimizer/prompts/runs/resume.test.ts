import { describe, expect, it } from 'vitest';
import { sha256Hex } from '#shared/content-hash.ts';
import { teachFrom } from '#shared/testing/fake-teacher-reply.ts';
import { createMemoryCache } from '../contract/memory-cache.ts';
import type { SearchCheckpoint } from '../contract/search-checkpoint.ts';
import type { Evaluation, EvaluationCache, Evaluator, Teacher } from '../contract/search-ports.ts';
import { type SearchPlan, searchPrompts } from '../contract/search-prompts.ts';
import { splitRows } from '../contract/splits.ts';
import type { PromptTask } from '../contract/task.ts';
import { PROMPT_OPTIMIZERS } from '../registry.ts';

const LIMITS = { taskCalls: 240, teacherCalls: 60, judgeCalls: 1_000, costUsd: 5 };
const CHECKPOINTS_TRIED = 4;
const NEVER = new AbortController().signal;
const KILLED = new Error('killed');

const rows = Array.from({ length: 50 }, (_, index) => ({
  ...{ id: `row-${index}`, input: `turn ${index}`, expected: index % 3 === 0 ? `answer ${index}` : null },
  ...{ group: `row-${index}`, stratum: index % 2 === 0 ? 'failing' : 'passing', component: null },
}));
const splits = splitRows(rows, 1);
const task: PromptTask = {
  ...{ description: 'parallel_collapsed fails.', seed: { prefix: '' }, rows, splits: splits ?? never() },
  ...{ lengthMax: 1_200, lengthCost: 0.02, refusal: () => null },
};

function never(): never {
  throw new Error('the rows cannot be split');
}

/** A number from 0 to 1 that a text always has. */
const chance = (text: string) => Number.parseInt(sha256Hex(text).slice(0, 8), 16) / 2 ** 32;

/** Rows that the right words cure, with some noise that is the same every time; some cannot be scored at all. */
function evaluatorWith(onEvaluate: () => void): Evaluator {
  return {
    ...{ model: 'scripted', judgeVersion: '1', most: () => ({ judgeCalls: 1, costUsd: 2 ** -9 }) },
    async evaluate({ prompt, rowId, sample }: Evaluation) {
      onEvaluate();
      const text = prompt['prefix'] ?? '';
      const luck = chance(`${text} ${rowId} ${sample}`);
      // Later ones may come first: the outcome must not depend on it.
      for (let turn = 0; turn < luck * 5; turn += 1) await Promise.resolve();
      const paid = { judgeCalls: 1, costUsd: 2 ** -10 };
      if (luck > 0.97) return { status: 'error', message: 'lost', retryable: false, ...paid };
      const score = text.includes('block of its own') ? 0.9 : 0.3;
      return { status: 'scored', score: luck < score ? 1 : 0, output: 'x', reason: 'merged', failed: [], ...paid };
    },
  };
}

const teacher: Teacher = {
  ...{ model: 'teacher-1', most: () => 2 ** -5 },
  async teach(request) {
    const value = teachFrom(`${task.description} ${request.user}`, request.jsonSchema);
    const word = sha256Hex(`${request.user}${request.draw}`).replaceAll(/\d/g, '').slice(0, 6);
    return {
      status: 'answered',
      text: JSON.stringify(value).replaceAll('Make', `Mind ${word}. Make`),
      costUsd: 2 ** -6,
    };
  },
};

/** Runs on to the end; `killAt` evaluations into it the process is gone, with what it had in its memory. */
async function run(
  plan: SearchPlan<unknown>,
  from: SearchCheckpoint | null,
  cache: EvaluationCache,
  killAt = Number.POSITIVE_INFINITY,
) {
  const saved: SearchCheckpoint[] = [];
  let evaluations = 0;
  const gone = new AbortController();
  const deps = {
    ...{ teacher, cache, clock: () => 0, pause: async () => {} },
    evaluator: evaluatorWith(() => {
      evaluations += 1;
      if (evaluations >= killAt) gone.abort(KILLED);
    }),
    // As a store would have it: nothing of what is saved is shared with the search.
    save: async (checkpoint: SearchCheckpoint) => void saved.push(JSON.parse(JSON.stringify(checkpoint))),
  };
  const signal = AbortSignal.any([NEVER, gone.signal]);
  const result = await searchPrompts(deps, plan, from, signal).catch((error: unknown) => {
    if (error === KILLED) return null;
    throw error;
  });
  return { result, saved, evaluations };
}

describe('a search that is taken up again', () => {
  it('has six optimizers to try', () => {
    expect(PROMPT_OPTIMIZERS.map((optimizer) => optimizer.name).sort()).toEqual([
      ...['bayesian', 'gepa', 'meta-prompt', 'prompt-wizard', 'protegi', 'random-search'],
    ]);
  });

  it.each(PROMPT_OPTIMIZERS.map((optimizer) => [optimizer.name, optimizer] as const))(
    'comes to the same bytes from every checkpoint, and from amid a step: %s',
    async (name, optimizer) => {
      const bound = optimizer.bind({});
      const plan: SearchPlan<unknown> = {
        ...{ searchId: 'search', task, optimizer: bound.optimizer, options: bound.options, seed: 11, limits: LIMITS },
        ...{ stopping: {}, alpha: 0.05, slots: 8, attemptsMax: 1 },
      };
      const whole = await run(plan, null, createMemoryCache());
      const bytes = JSON.stringify({ result: whole.result, last: whole.saved.at(-1) });
      expect(whole.saved.at(-1)?.phase, name).toBe('done');
      const stride = Math.max(1, Math.floor(whole.saved.length / CHECKPOINTS_TRIED));
      for (let at = 0; at < whole.saved.length - 1; at += stride) {
        // The cache is gone as well: answers are made again, and must be what they were.
        const resumed = await run(plan, whole.saved[at] ?? null, createMemoryCache());
        expect(JSON.stringify({ result: resumed.result, last: resumed.saved.at(-1) })).toBe(bytes);
      }
      const cache = createMemoryCache();
      const killed = await run(plan, null, cache, Math.floor(whole.evaluations / 2));
      expect(killed.result).toBeNull();
      const resumed = await run(plan, killed.saved.at(-1) ?? null, cache);
      expect(JSON.stringify({ result: resumed.result, last: resumed.saved.at(-1) })).toBe(bytes);
    },
    60_000,
  );
});
