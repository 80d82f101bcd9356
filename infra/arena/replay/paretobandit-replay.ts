import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import { CALLS_PER_DAY, learnFromReplay, type ReplayOptions } from './learn-from-replay.ts';
import type { OutcomeMatrix } from './read-bfcl.ts';

const promptSchema = z.object({
  source: z.string(),
  arms: z.record(z.string(), z.object({ reward: z.number(), cost: z.number() })),
});

export interface ParetoBanditResult {
  readonly prompts: number;
  readonly rows: readonly (readonly [policy: string, reward: number, usdPerThousand: number])[];
}

const FOLDS = 2;
const LENGTH = { learningCalls: 40_000, callsMax: 60 * CALLS_PER_DAY };
/** As good as the best of a source is asked for, less what a canary may lose. */
const GOVERNANCE: ReplayOptions['governance'] = {
  ...{ qualityBar: 1, exploration: 0.1, bootstrapShare: 0.5, weightStepMax: 1, exposureMax: 0.5 },
  ...{ rollout: { canary: 0.25 }, session: { idleMs: 0 } },
};
const TOKENS = 1e6;

/** The production optimizer on ParetoBandit's prompts, by their source, cross-fitted from cold; rewards are qualities. */
export function paretoBanditReplay(dataDirectory: string, seed: number): ParetoBanditResult {
  const matrix = readMatrix(dataDirectory);
  const prompts = [...matrix.rows.keys()];
  const mean = (served: (prompt: number) => number, what: 'valid' | 'costUsd') =>
    prompts.reduce((sum, at) => sum + (matrix.rows[at]?.outcomes[served(at)]?.[what] ?? 0), 0) / prompts.length;
  const rewards = matrix.models.map((_, model) => mean(() => model, 'valid'));
  const best = rewards.indexOf(Math.max(...rewards));
  const folds = Array.from({ length: FOLDS }, (_, fold) => {
    const train = prompts.filter((prompt) => prompt % FOLDS !== fold);
    return learnFromReplay(matrix, train, { seed: seed + fold, ...LENGTH, incumbent: best, governance: GOVERNANCE });
  });
  const ours = (prompt: number) => folds[prompt % FOLDS]?.models[matrix.rows[prompt]?.shape ?? 0] ?? best;
  const row = (name: string, served: (prompt: number) => number) =>
    [name, mean(served, 'valid'), 1e3 * mean(served, 'costUsd')] as const;
  return {
    prompts: prompts.length,
    rows: [...matrix.models.map(({ id }, model) => row(`always ${id}`, () => model)), row('Trimtab', ours)],
  };
}

/** Costs are known per prompt and not per token: they are taken as input tokens at one USD per million. */
function readMatrix(dataDirectory: string): OutcomeMatrix {
  const text = gunzipSync(readFileSync(join(dataDirectory, 'paretobandit', 'val_k4.jsonl.gz'))).toString('utf8');
  const parsed = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => promptSchema.parse(JSON.parse(line)));
  const models = Object.keys(parsed[0]?.arms ?? {}).sort();
  const shapes = [...new Set(parsed.map((prompt) => prompt.source))].sort();
  return {
    models: models.map((id) => ({ id, price: { input: 1, output: 0 } })),
    shapes,
    rows: parsed
      .filter((prompt) => models.every((model) => prompt.arms[model] !== undefined))
      .map((prompt) => ({
        shape: shapes.indexOf(prompt.source),
        outcomes: models.map((model) => {
          const { reward = 0, cost = 0 } = prompt.arms[model] ?? {};
          return { valid: reward, costUsd: cost, inputTokens: cost * TOKENS, outputTokens: 0 };
        }),
      })),
    priceDate: '',
  };
}
