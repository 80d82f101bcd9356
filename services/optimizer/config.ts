import { dirname, join, resolve } from 'node:path';
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
  /** As many as sessions when absent. */
  readonly minClusterEvents?: number;
  readonly applyLargeChanges: boolean;
  readonly naming: 'model' | 'facts';
  readonly replayCalls: number;
  readonly promptBudgetUsd: number;
  /** Name of the prompt optimizer that the nightly run uses. */
  readonly promptOptimizer: string;
  /** Clusters that one night's budget is split among. */
  readonly promptClusters: number;
  /** What a prefix may add to the cost of a call, as a share of it. */
  readonly prefixCostMax: number;
  /** `provider/model` of the teacher; null for none. */
  readonly teacherName: string | null;
  /** USD that judging one replay may cost; 0 without a judge. */
  readonly judgeMostUsd: number;
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
  const { promptOptimizer, promptClusters, prefixCostMax } = config.optimizer;
  const teacher = config.teacher ?? config.judges[0] ?? null;
  const { minEvents, applyLargeChanges, naming } = config.clusters;
  return {
    projectId: config.project,
    nightly,
    controllerIntervalMs: controllerInterval,
    ...{ minClusterSessions, replayCalls, promptBudgetUsd, promptOptimizer, promptClusters, prefixCostMax },
    teacherName: teacher === null ? null : `${teacher.provider}/${teacher.model}`,
    judgeMostUsd: judgeMostOf(config),
    retention: { contentMs: config.retention.content, callsMs: config.retention.calls },
    webhooks: config.webhooks,
    ...(minEvents === undefined ? {} : { minClusterEvents: minEvents }),
    ...{ applyLargeChanges, naming },
    upstreams: { providers: config.providers, models: config.models },
    judges: config.judges.map((judge) => `${judge.provider}/${judge.model}`),
    teacher,
  };
}

const OPTIMIZERS_FOLDER = 'optimizers.d';

/** Where optimizer files lie, absolute: as configured, from the folder of the configuration; else in the data folder. */
export function optimizersFolderOf(
  config: Pick<TrimtabConfig, 'optimizer'>,
  paths: { readonly dataDir: string; readonly configPath: string },
): string {
  const { optimizersFolder } = config.optimizer;
  return optimizersFolder === undefined
    ? join(paths.dataDir, OPTIMIZERS_FOLDER)
    : resolve(dirname(paths.configPath), optimizersFolder);
}

/** Tokens of one verdict at the most, and the opinions that one may take. */
const JUDGED_TOKENS = 26_000;
const VERDICT_TOKENS = 3_000;
const OPINIONS = 2;
/** USD per million tokens of a judge whose price is not known. */
const ASSUMED_PRICE = { input: 3, output: 15 };
const MILLION = 1_000_000;

function judgeMostOf({ judges, models }: TrimtabConfig): number {
  const [judge] = judges;
  if (judge === undefined) return 0;
  const listed = models.find((model) => model.id === judge.model && model.provider === judge.provider);
  const price = judge.price ?? listed?.price ?? ASSUMED_PRICE;
  return (OPINIONS * (JUDGED_TOKENS * price.input + VERDICT_TOKENS * price.output)) / MILLION;
}
