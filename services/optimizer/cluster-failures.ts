import { linkClaims } from '#shared/database/clusters/link-claims.ts';
import { dropOldHours, lastTrafficHour, refreshTraffic } from '#shared/database/clusters/traffic-hours.ts';
import type { Database } from '#shared/database/connect.ts';
import {
  type FailureToRecord,
  type NewFailure,
  readNewFailures,
  recordFailures,
} from '#shared/database/failure-store.ts';
import type { Llm } from '#shared/llm/llm.ts';
import type { Log } from '#shared/log.ts';
import type { Embedder } from './clustering/embedders/embedder.ts';
import { createHashedEmbedder } from './clustering/embedders/hashed-embedder.ts';
import { failureFactsOf } from './clustering/failure-facts.ts';
import { SIGNATURE_ALGORITHM, signatureOf } from './clustering/signature.ts';
import { assessClusters } from './clusters/assess-clusters.ts';
import { attributeClusters } from './clusters/attribute-clusters.ts';
import { nameClusters } from './clusters/name-clusters.ts';
import { placeTemplates } from './clusters/place-templates.ts';
import { type ReclusterReport, recluster } from './clusters/recluster.ts';
import { toolOf } from './clusters/tool-of.ts';

export interface ClusterFailuresDeps {
  readonly database: Database;
  readonly now: () => number;
  /** Says how alike failures are; the one without dependencies when absent. */
  readonly embedder?: Embedder;
  /** Names clusters; facts and keywords do when absent. */
  readonly namer?: Llm | null;
  readonly log?: Log;
  /** As the audit log names who changes a status. */
  readonly actor?: string;
}

export interface ClusterFailuresOptions {
  readonly projectId: string;
  /** Different sessions that must meet a failure before it is a cluster: one odd session is not a defect. */
  readonly minClusterSessions: number;
  /** And failures; as many as sessions when absent. */
  readonly minClusterEvents?: number;
  /** Lets a night change as much as it finds, without a person's word. */
  readonly applyLargeChanges?: boolean;
}

export interface ClusteringReport {
  readonly recorded: number;
  readonly opened: number;
}

export interface FailureClustering {
  /** One look: new failures into clusters, and from time to time how the clusters do. */
  run(): Promise<ClusteringReport>;
  /**
   * What takes all failures of the last weeks: clusters made anew under their old ids, and names. Null when it failed,
   * which leaves the clusters as they are and the rest of the night to go on.
   */
  runNightly(runId: string): Promise<ReclusterReport | null>;
  /** Waits for names that a model is asked for; looks and nights do not wait for them. */
  idle(): Promise<void>;
}

/** Failures taken per transaction, and transactions per look: a backlog is worked off without holding up the rest. */
const BATCH = 1_000;
const BATCHES_MAX = 10;
/** How far back the first look after a start goes. */
const LOOKBACK_MS = 7 * 86_400_000;
/** Scores may commit out of the order of their times; later looks overlap by this. */
const OVERLAP_MS = 5 * 60_000;
/** How often rates and places are worked out anew. */
const ASSESS_EVERY_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Calls may be stored this long after they were made; the night counts those that took longer. */
const LATE_MS = 10 * 60_000;
const LATE_AT_NIGHT_MS = 48 * HOUR_MS;
const TRAFFIC_WINDOW_MS = 31 * 24 * HOUR_MS;
const COUNTS_KEPT_MS = 92 * 24 * HOUR_MS;
/** Questions to the model that names, per look and per night. */
const NAMES_PER_LOOK = 3;
const NAMES_PER_NIGHT = 100;

/**
 * Takes failing scores into events, templates and clusters, and watches what becomes of the clusters. Reads what it has
 * not seen yet; all writes are idempotent, so that two optimizers and restarts change nothing.
 */
export function createFailureClustering(deps: ClusterFailuresDeps, options: ClusterFailuresOptions): FailureClustering {
  const { database, now, embedder = createHashedEmbedder(), actor = 'optimizer:clustering', log = null } = deps;
  const { projectId, minClusterSessions } = options;
  const support = { projectId, minClusterSessions, minClusterEvents: options.minClusterEvents ?? minClusterSessions };
  const working = { database, now, embedder, actor };
  const naming = { database, embedder, llm: deps.namer ?? null, log };
  let since = new Date(now() - LOOKBACK_MS);
  let assessedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<unknown> = Promise.resolve();
  // The process before may have been killed between recording and placing.
  let mayBeHomeless = true;

  const takeFailures = async (): Promise<number> => {
    let recorded = 0;
    for (let batch = 0; batch < BATCHES_MAX; batch += 1) {
      const failures = await readNewFailures(database, projectId, { since, limit: BATCH });
      recorded += (await recordFailures(database, projectId, failures.flatMap(asRecord))).recorded;
      const newest = failures.at(-1)?.scoredAt;
      if (newest !== undefined) since = new Date(Math.max(since.getTime(), newest.getTime() - OVERLAP_MS));
      if (failures.length < BATCH) break;
    }
    return recorded;
  };

  const watch = async (): Promise<void> => {
    if (now() - assessedAt < ASSESS_EVERY_MS) return;
    assessedAt = now();
    const counted = await lastTrafficHour(database, projectId);
    const oldest = counted === null ? now() - TRAFFIC_WINDOW_MS : Math.min(counted.getTime(), now() - LATE_MS);
    await refreshTraffic(database, projectId, new Date(oldest));
    await assessClusters(working, projectId);
    await attributeClusters(working, projectId);
  };

  // In the background: neither a look nor the rest of a night waits for a model.
  const askForNames = (questionsMax: number): void => {
    if (naming.llm === null) return;
    asking = asking
      .then(() => nameClusters(naming, projectId, questionsMax))
      .catch((error: unknown) => log?.warn({ error }, 'clusters keep their names of facts: no model could be asked'));
  };

  return {
    idle: async () => void (await asking),
    async run() {
      const recorded = await takeFailures();
      // It stays so when placing fails, as it does while a server of embeddings is down.
      mayBeHomeless ||= recorded > 0;
      const opened = mayBeHomeless ? await placeTemplates(working, support) : [];
      mayBeHomeless = false;
      if (opened.length > 0) {
        await nameClusters({ ...naming, llm: null }, projectId, 0);
        askForNames(NAMES_PER_LOOK);
      }
      await watch();
      return { recorded, opened: opened.length };
    },
    async runNightly(runId) {
      try {
        const autoApply = options.applyLargeChanges ?? false;
        const report = await recluster(working, { ...support, runId, autoApply });
        await refreshTraffic(database, projectId, new Date(now() - LATE_AT_NIGHT_MS));
        await linkClaims(database, projectId);
        await nameClusters({ ...naming, llm: null }, projectId, 0);
        askForNames(NAMES_PER_NIGHT);
        await dropOldHours(database, projectId, new Date(now() - COUNTS_KEPT_MS));
        return report;
      } catch (error) {
        log?.error({ error }, 'the clusters could not be made anew; the next night tries again');
        return null;
      }
    },
  };
}

function asRecord(failure: NewFailure): FailureToRecord[] {
  const classified = failureFactsOf(failure);
  if (classified === null) return [];
  const { facts } = classified;
  const tool = toolOf(failure.explanation);
  return [{ failure, facts, tool, signature: signatureOf(facts), signatureAlgorithm: SIGNATURE_ALGORITHM }];
}
