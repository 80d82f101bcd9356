import { writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UNLIMITED } from '../../../services/optimizer/prompts/contract/budget-ledger.ts';
import { searchPrompts } from '../../../services/optimizer/prompts/contract/search-prompts.ts';
import { PROMPT_OPTIMIZERS } from '../../../services/optimizer/prompts/registry.ts';
import { hashUniform } from './landscapes/hash-uniform.ts';
import { createMockModels } from './landscapes/mock-models.ts';
import { mockReply } from './landscapes/mock-reply.ts';
import { createWorld, parseWorldName } from './landscapes/world.ts';
import { createFileCache, loadCheckpoint, saveCheckpoint } from './search-files.ts';

/**
 * A search in a process of its own, that goes on from what it finds in its folder. Says a dot for every call of a model,
 * so that it can be killed in the middle of some. Calls take a time of their own, so that they finish in any order.
 */
const [folder = '', optimizerName = '', worldName = '', budget = '0'] = process.argv.slice(2);
const SLOTS = 8;
const LONGEST_MS = 3;

const spec = parseWorldName(worldName);
const optimizer = PROMPT_OPTIMIZERS.find(({ name }) => name === optimizerName);
if (spec === null || optimizer === undefined) throw new RangeError('usage: FOLDER OPTIMIZER WORLD BUDGET');
const world = createWorld(spec);
let calls = 0;
const { evaluator, teacher } = createMockModels(world, async (request) => {
  writeSync(1, '.');
  calls += 1;
  await delay(hashUniform(request.model, calls, process.pid) * LONGEST_MS);
  return mockReply(request);
});
const result = await searchPrompts(
  {
    ...{ evaluator, teacher, cache: createFileCache(folder), clock: () => 0, pause: async () => {} },
    save: async (checkpoint) => saveCheckpoint(folder, checkpoint),
  },
  {
    ...{ searchId: worldName, task: world.task, ...optimizer.bind({}), seed: spec.seed, stopping: {}, alpha: 0.05 },
    limits: { ...UNLIMITED, taskCalls: Number(budget), teacherCalls: 500 },
    ...{ slots: SLOTS, attemptsMax: 4 },
  },
  loadCheckpoint(folder),
  new AbortController().signal,
);
writeFileSync(join(folder, 'result.json'), JSON.stringify(result));
