import type { JudgeConfig, TrimtabConfig } from '#shared/config/config-schema.ts';
import type { Environment } from '#shared/environment.ts';

/** What the optimizer is configured with; times in milliseconds. */
export interface OptimizerConfig {
  readonly projectId: string;
  /** Cron pattern in UTC. */
  readonly nightly: string;
  readonly controllerIntervalMs: number;
  readonly minClusterSessions: number;
  readonly replayCalls: number;
  readonly promptBudgetUsd: number;
  /** `provider/model` of each judge, for the status. */
  readonly judges: readonly string[];
  /** Who writes prefixes: the teacher, else the first judge. */
  readonly teacher: Pick<JudgeConfig, 'provider' | 'model' | 'price'> | null;
}

export function createOptimizerConfig(
  config: TrimtabConfig,
  environment: Pick<Environment, 'project'>,
): OptimizerConfig {
  const { nightly, controllerInterval, minClusterSessions, replayCalls, promptBudgetUsd } = config.optimizer;
  return {
    // The environment's project is for a machine that serves another one than its file says.
    projectId: environment.project === 'default' ? config.project : environment.project,
    nightly,
    controllerIntervalMs: controllerInterval,
    ...{ minClusterSessions, replayCalls, promptBudgetUsd },
    judges: config.judges.map((judge) => `${judge.provider}/${judge.model}`),
    teacher: config.teacher ?? config.judges[0] ?? null,
  };
}
