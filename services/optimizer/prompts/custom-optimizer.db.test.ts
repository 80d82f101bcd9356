import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UNLIMITED } from './contract/budget-ledger.ts';
import { createMemoryCache } from './contract/memory-cache.ts';
import type { SearchCheckpoint } from './contract/search-checkpoint.ts';
import type { Evaluator, Teacher } from './contract/search-ports.ts';
import { searchPrompts } from './contract/search-prompts.ts';
import { smallTask } from './moves/testing/run-move.ts';
import { PROMPT_OPTIMIZERS } from './registry.ts';
import { openOptimizers } from './runs/open-optimizers.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples/optimizers.d', import.meta.url));
const RULES = ['units', 'sums', 'names'];

/** Every row wants one of three rules. */
const evaluator: Evaluator = {
  model: 'task',
  judgeVersion: '1',
  most: () => ({ judgeCalls: 0, costUsd: 0 }),
  evaluate: async ({ prompt, rowId }) => {
    const rule = RULES[Number(rowId.slice(1)) % RULES.length] ?? '';
    const right = prompt['prefix']?.includes(rule) ?? false;
    const reason = right ? 'good' : `mind the ${rule}`;
    return { ...{ status: 'scored', score: right ? 1 : 0, output: '', reason, failed: [] }, judgeCalls: 0, costUsd: 0 };
  },
};

/** Repeats the reason that it reads last; every third answer is no JSON. */
const teacher: Teacher = {
  model: 'teacher',
  most: () => 0,
  teach: async ({ user, draw }) => {
    const line = user.match(/mind the \w+/g)?.at(-1) ?? '';
    return { status: 'answered', text: draw % 3 === 2 ? 'Well …' : JSON.stringify({ line }), costUsd: 0 };
  },
};

async function openExample() {
  const found = await openOptimizers({ log: { error: fail, info: () => {} } }, PROMPT_OPTIMIZERS, EXAMPLES);
  const optimizer = found.get('one-line-more');
  if (optimizer === undefined) throw new Error('the example was not loaded');
  return optimizer;
}

function fail(...reasons: unknown[]): never {
  throw new Error(JSON.stringify(reasons));
}

async function search(checkpoint: SearchCheckpoint | null = null, cache = createMemoryCache()) {
  const saved: SearchCheckpoint[] = [];
  const ports = { evaluator, teacher, cache, clock: () => 0, pause: async () => {} };
  const result = await searchPrompts(
    { ...ports, save: async (each) => void saved.push(JSON.parse(JSON.stringify(each))) },
    {
      ...{ searchId: 'example', task: smallTask({ prefix: 'Answer.' }, 12), ...(await openExample()).bind({}) },
      ...{ seed: 4, limits: { ...UNLIMITED, taskCalls: 400 }, stopping: {}, alpha: 0.05, slots: 4, attemptsMax: 2 },
    },
    checkpoint,
    new AbortController().signal,
  );
  return { result, saved, cache };
}

describe('the example of an optimizer in a file', () => {
  it('finds what the rows ask for and is proven better', async () => {
    const { result } = await search();
    expect(result.improved).toBe(true);
    for (const rule of RULES) expect(result.prompt['prefix']).toContain(rule);
  });

  it('resumes from any of its checkpoints like one of ours', async () => {
    const { result, saved, cache } = await search();
    for (const checkpoint of saved) expect((await search(checkpoint, cache)).result).toEqual(result);
  });

  it('has its options checked', async () => {
    const optimizer = await openExample();
    expect(optimizer.bind({ rounds: 3 }).options).toEqual({ rounds: 3, rowsShown: 4 });
    expect(() => optimizer.bind({ round: 3 })).toThrow(/round/);
  });
});

describe('a folder of optimizers', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'optimizers-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const open = async () => {
    const refused: { path: string; reason: string }[] = [];
    const log = { error: (entry: unknown) => void refused.push(entry as { path: string; reason: string }), info() {} };
    const found = await openOptimizers({ log }, PROMPT_OPTIMIZERS, folder);
    return { names: [...found.keys()], refused };
  };
  const ours = PROMPT_OPTIMIZERS.map(({ name }) => name);

  it('need not be there', async () => {
    await rm(folder, { recursive: true });
    expect(await open()).toEqual({ names: ours, refused: [] });
  });

  it('loses only the files that are wrong, and says what is wrong with them', async () => {
    const body = (name: string) =>
      `export default { name: '${name}', version: 1, options: { safeParse: (data) => ({ success: true, data }) }, *search() {}, taskCallsMin: () => 0 };`;
    await writeFile(join(folder, 'a.mjs'), 'export default {');
    await writeFile(join(folder, 'b.mjs'), 'export default { name: "b" };');
    await writeFile(join(folder, 'c.mjs'), body('gepa'));
    await writeFile(join(folder, 'd.mjs'), body('mine'));
    await writeFile(join(folder, 'e.test.mjs'), 'throw new Error("a test is no optimizer")');
    const { names, refused } = await open();
    expect(names).toEqual([...ours, 'mine']);
    expect(refused.map(({ path }) => path.slice(-5))).toEqual(['a.mjs', 'b.mjs', 'c.mjs']);
    expect(refused[1]?.reason).toMatch(/version/);
    expect(refused[2]?.reason).toMatch(/gepa already/);
  });
});
