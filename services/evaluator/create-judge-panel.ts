import { setTimeout as delay } from 'node:timers/promises';
import type { JudgeConfig, TrimtabConfig } from '#shared/config/config-schema.ts';
import type { Database } from '#shared/database/connect.ts';
import { createLlm } from '#shared/llm/create-llm.ts';
import { resolveProvider } from '#shared/providers/registry.ts';
import { judgeJobId, judgeQueueName } from '#shared/queue/names.ts';
import type { QueueBackend } from '#shared/queue/queue-backend.ts';
import { createGuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import { createReadJudgeCalibrations } from './judge-calibrations.ts';
import { createJudgePace } from './judge-pace.ts';
import { JUDGE_ATTEMPTS, JUDGE_BACKOFF_MS, type JudgePanel, judgeName, type PanelJudge } from './judge-panel.ts';

/**
 * USD per million tokens that a judge without a price of its own is charged: a dear model's, so that its budget binds
 * sooner and not later. A judge in house says the price 0.
 */
const ASSUMED_PRICE = { input: 3, output: 15 };

/**
 * The configured judges, or null when there is none.
 *
 * @param database what evaluators share: how fast judges may be asked, and what labels say of them
 */
export function createJudgePanel(
  config: TrimtabConfig,
  backend: Pick<QueueBackend, 'openQueue'>,
  database?: Database,
): JudgePanel | null {
  const [first, ...others] = config.judges.map((judge) => createPanelJudge(config, judge));
  if (first === undefined) return null;
  const judges = [first, ...others] as const;
  const retries = { attempts: JUDGE_ATTEMPTS, backoffMs: JUDGE_BACKOFF_MS };
  const queue = backend.openQueue(judgeQueueName(first.llm.provider), retries);
  return {
    judges,
    callShare: config.judges[0]?.callShare ?? 1,
    enqueue: (job) => queue.add({ id: judgeJobId(job), data: job }),
    ...(database === undefined ? {} : sharedBetweenEvaluators(database, config.project, judges)),
  };
}

export function createPanelJudge(config: TrimtabConfig, judge: JudgeConfig): PanelJudge {
  const provider = resolveProvider(judge.provider, config);
  const listed = config.models.find((model) => model.id === judge.model && model.provider === judge.provider);
  const price = judge.price ?? listed?.price;
  const fetch = createGuardedFetch(provider.network);
  return {
    llm: createLlm({ fetch }, { provider, model: judge.model, listed, price: price ?? ASSUMED_PRICE }),
    dailyBudgetUsd: judge.dailyBudgetUsd,
    requestsPerMinute: judge.requestsPerMinute ?? null,
  };
}

function sharedBetweenEvaluators(database: Database, projectId: string, judges: readonly PanelJudge[]) {
  const limits = new Map(judges.map(({ llm, requestsPerMinute }) => [judgeName(llm), requestsPerMinute ?? null]));
  // A wait that is broken off is over: who waited looks at the signal.
  const wait = (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal }).catch(() => {});
  const deps = { database, now: Date.now, random: Math.random, wait };
  return {
    pace: createJudgePace(deps, { projectId, perMinuteOf: (judge) => limits.get(judge) ?? null }),
    readCalibrations: createReadJudgeCalibrations(deps),
  };
}
