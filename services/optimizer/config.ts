import type { JudgeConfig, TrimtabConfig } from '#shared/config/config-schema.ts';
import type { WebhookConfig } from '#shared/config/webhooks-schema.ts';
import type { Retention } from '#shared/database/retention/expire-weeks.ts';
import type { Upstreams } from '#shared/shapes/recompute-upstream-request.ts';

/** What the optimizer is configured with; times in milliseconds. */
export interface OptimizerConfig {
  readonly projectId: string;
  /** Cron pattern in UTC. */
  readonly nightly: string;
  readonly controllerIntervalMs: number;
  readonly minClusterSessions: number;
  readonly replayCalls: number;
  readonly promptBudgetUsd: number;
  readonly retention: Retention;
  readonly webhooks: readonly WebhookConfig[];
  readonly upstreams: Upstreams;
  /** `provider/model` of each judge, for the status. */
  readonly judges: readonly string[];
  /** Who writes prefixes: the teacher, else the first judge. */
  readonly teacher: Pick<JudgeConfig, 'provider' | 'model' | 'price'> | null;
}

export function createOptimizerConfig(config: TrimtabConfig): OptimizerConfig {
  const { nightly, controllerInterval, minClusterSessions, replayCalls, promptBudgetUsd } = config.optimizer;
  return {
    projectId: config.project,
    nightly,
    controllerIntervalMs: controllerInterval,
    ...{ minClusterSessions, replayCalls, promptBudgetUsd },
    retention: { contentMs: config.retention.content, callsMs: config.retention.calls },
    webhooks: config.webhooks,
    upstreams: { providers: config.providers, models: config.models },
    judges: config.judges.map((judge) => `${judge.provider}/${judge.model}`),
    teacher: config.teacher ?? config.judges[0] ?? null,
  };
}
