import type { Database } from '#shared/database/connect.ts';
import type { Log } from '#shared/log.ts';
import { advanceRollout, type RolloutStep } from './advance-rollout.ts';
import { type ClusteringReport, createFailureClustering, type FailureClustering } from './cluster-failures.ts';
import { type AlarmReport, watchAlarms } from './watch-alarms.ts';

export interface ControllerDeps {
  readonly database: Database;
  readonly log: Log;
  readonly now: () => number;
  readonly actor: string;
  /** The clustering of the process; one of its own when absent. */
  readonly clustering?: FailureClustering;
}

export interface ControllerOptions {
  readonly projectId: string;
  readonly minClusterSessions: number;
}

/** What one look came to; null for a part that failed, which the others do not suffer from. */
export interface ControllerReport {
  readonly clustering: ClusteringReport | null;
  readonly rollout: RolloutStep | null;
  readonly alarms: AlarmReport | null;
}

export interface Controller {
  /** One look. Looks do not overlap: one that is asked for during another waits for it. */
  tick(): Promise<ControllerReport>;
}

/**
 * The part of the optimizer that acts between nights: new failures into clusters, the running rollout a step on, the
 * alarms fed. Everything it knows is in the database, so that it may be killed at any moment and run twice.
 */
export function createController(deps: ControllerDeps, options: ControllerOptions): Controller {
  const { projectId } = options;
  const clustering = deps.clustering ?? createFailureClustering(deps, options);
  let last: Promise<unknown> = Promise.resolve();

  const look = async (): Promise<ControllerReport> => ({
    clustering: await attempt('clustering', () => clustering.run()),
    rollout: await attempt('rollout', () => advanceRollout(deps, projectId)),
    alarms: await attempt('alarms', () => watchAlarms(deps, projectId)),
  });

  const attempt = async <T>(part: string, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      deps.log.error({ error, part }, 'a part of the controller failed; it is tried again at the next look');
      return null;
    }
  };

  return {
    tick() {
      const next = last.then(look);
      last = next.catch(() => {});
      return next;
    },
  };
}
