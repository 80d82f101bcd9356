import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createBudgetLedger, UNLIMITED } from '../../../services/optimizer/prompts/contract/budget-ledger.ts';
import { createMemoryCache } from '../../../services/optimizer/prompts/contract/memory-cache.ts';
import { performBatch } from '../../../services/optimizer/prompts/contract/perform-batch.ts';
import type { EvaluationReply, Evaluator } from '../../../services/optimizer/prompts/contract/search-ports.ts';
import type { WrittenFigure } from '../scoring/scoring-report.ts';
import { createMockModels, inProcess } from './landscapes/mock-models.ts';
import { createWorld, worldName } from './landscapes/world.ts';
import { medianFigure } from './median-figure.ts';
import { openMockServer } from './mock-server.ts';

const CHILD = fileURLToPath(new URL('./worker-child.ts', import.meta.url));
const LATENCY_MS = 50;
const PROCESSES = 2;
const SLOTS = 8;
const BATCH_ROWS = 64;
const ROUNDS = 5;

/** One batch of evaluations over two worker processes, eight at once, beside the same batch one at a time. */
export async function parallelFigures({ quick }: { readonly quick: boolean }): Promise<WrittenFigure[]> {
  const server = await openMockServer(LATENCY_MS);
  const spec = { landscape: 'L1', constants: 'frozen', seed: 1, noise: 0 } as const;
  const workers = Array.from({ length: PROCESSES }, () => fork(CHILD, [worldName(spec), server.url]));
  try {
    const evaluator = spreadOver(workers, createMockModels(createWorld(spec), inProcess).evaluator);
    const speedups: number[] = [];
    // The first batch of all opens the connections, and is not measured.
    await secondsOf(evaluator, SLOTS, -1);
    for (let round = 0; round < (quick ? 2 : ROUNDS); round += 1) {
      const alone = await secondsOf(evaluator, 1, 2 * round);
      const together = await secondsOf(evaluator, SLOTS, 2 * round + 1);
      speedups.push(alone / together);
    }
    return [medianFigure('parallel_speedup', speedups, '>=', 6)];
  } finally {
    for (const worker of workers) worker.disconnect();
    await server.close();
  }
}

/** Evaluations go to the workers in turn and come back by their number. */
function spreadOver(workers: readonly ChildProcess[], evaluator: Evaluator): Evaluator {
  const waiting = new Map<number, (reply: EvaluationReply) => void>();
  let sent = 0;
  for (const worker of workers) {
    worker.on('message', ({ id, reply }: { readonly id: number; readonly reply: EvaluationReply }) => {
      waiting.get(id)?.(reply);
      waiting.delete(id);
    });
  }
  return {
    ...evaluator,
    evaluate: (evaluation) =>
      new Promise((resolve) => {
        const id = sent;
        sent += 1;
        waiting.set(id, resolve);
        workers[id % workers.length]?.send({ id, evaluation });
      }),
  };
}

async function secondsOf(evaluator: Evaluator, slots: number, round: number): Promise<number> {
  const world = createWorld({ landscape: 'L1', constants: 'frozen', seed: 1, noise: 0 });
  const rowIds = [...world.task.splits.propose, ...world.task.splits.select, ...world.task.splits.report].slice(
    0,
    BATCH_ROWS,
  );
  const { teacher } = createMockModels(world, inProcess);
  // Other text each round, and a cache of its own: nothing is answered from memory.
  const prompt = { prefix: `Answer the case. Round ${round}.` };
  const startedAt = performance.now();
  await performBatch(
    { evaluator, teacher, cache: createMemoryCache(), pause: async () => {} },
    { searchId: 'speed', step: 0, slots, attemptsMax: 1 },
    createBudgetLedger(UNLIMITED),
    [{ kind: 'evaluate', prompt, rowIds, purpose: 'select', sample: 0 }],
    new AbortController().signal,
  );
  return (performance.now() - startedAt) / 1_000;
}
