import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import { createLlm } from '#shared/llm/create-llm.ts';
import { resolveProvider } from '#shared/providers/registry.ts';
import { judgeJobId, judgeQueueName } from '#shared/queue/names.ts';
import type { QueueBackend } from '#shared/queue/queue-backend.ts';
import { createGuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import { JUDGE_ATTEMPTS, JUDGE_BACKOFF_MS, type JudgePanel, type PanelJudge } from './judge-panel.ts';

/**
 * USD per million tokens that a judge without a price of its own is charged: a dear model's, so that its budget binds
 * sooner and not later. A judge in house says the price 0.
 */
const ASSUMED_PRICE = { input: 3, output: 15 };

/** The configured judges, or null when there is none. */
export function createJudgePanel(config: TrimtabConfig, backend: QueueBackend): JudgePanel | null {
  const [first, ...others] = config.judges.map((judge): PanelJudge => {
    const provider = resolveProvider(judge.provider, config);
    const listed = config.models.find((model) => model.id === judge.model && model.provider === judge.provider);
    const price = judge.price ?? listed?.price;
    const fetch = createGuardedFetch(provider.network);
    return {
      llm: createLlm({ fetch }, { provider, model: judge.model, listed, price: price ?? ASSUMED_PRICE }),
      dailyBudgetUsd: judge.dailyBudgetUsd,
    };
  });
  if (first === undefined) return null;
  const retries = { attempts: JUDGE_ATTEMPTS, backoffMs: JUDGE_BACKOFF_MS };
  const queue = backend.openQueue(judgeQueueName(first.llm.provider), retries);
  return {
    judges: [first, ...others],
    callShare: config.judges[0]?.callShare ?? 1,
    enqueue: (job) => queue.add({ id: judgeJobId(job), data: job }),
  };
}
