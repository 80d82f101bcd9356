import type { Database } from '#shared/database/connect.ts';
import type { Metric } from '#shared/domain/score.ts';
import type { Log } from '#shared/log.ts';
import type { Upstreams } from '#shared/shapes/recompute-upstream-request.ts';
import type { JudgeTrust } from './calibration/trusted-scores.ts';
import type { CustomScorer } from './custom-scorers/custom-scorer.ts';
import type { EvaluatorMetrics } from './evaluator-metrics.ts';
import type { JudgePanel } from './judge-panel.ts';
import type { CheckSyntax } from './scorers/code/check-syntax.ts';
import type { Triage } from './triage/create-triage.ts';

/** What scoring needs of the world. */
export interface EvaluatorDeps {
  readonly database: Database;
  readonly log: Log;
  readonly metrics: EvaluatorMetrics;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** Null without a configured judge, which is a supported way to run: deterministic scorers only. */
  readonly panel: JudgePanel | null;
  /** A mark nobody can guess, new at every call. */
  readonly nonce: () => string;
  readonly sessions: SessionLimits;
  /** How far judges drive the optimizer; without it, whatever they say counts. */
  readonly judgeTrust?: JudgeTrust;
  /** The chance of success of every call, at no cost; none is worked out when absent. */
  readonly triage?: Triage;
  /** Scorers of the operator's own; none when absent. */
  readonly customScorers?: readonly CustomScorer[];
  /** Parsers of programming languages; written code is not parsed when absent. */
  readonly checkSyntax?: CheckSyntax;
  /** Providers and models, to write anew what an upstream was sent; translation is not held to it when absent. */
  readonly upstreams?: Upstreams;
}

/** When a session is over, milliseconds; and what its quality is made of. */
export interface SessionLimits {
  readonly idleMs: number;
  readonly openMaxMs: number;
  /** Metrics that count in a session's quality beside those of the model. */
  readonly moreMetrics?: readonly Metric[];
}
