import {
  openCluster,
  readProviderShares,
  readUnassignedTemplates,
  refreshClusters,
  renameCluster,
  type UnassignedTemplate,
} from '#shared/database/cluster-store.ts';
import type { Database } from '#shared/database/connect.ts';
import {
  type FailureToRecord,
  type NewFailure,
  readNewFailures,
  recordFailures,
} from '#shared/database/failure-store.ts';
import { classifyFailure } from './clustering/classify.ts';
import { failureFactsOf } from './clustering/failure-facts.ts';
import { SIGNATURE_ALGORITHM, signatureOf } from './clustering/signature.ts';
import { titleOf } from './clustering/title.ts';

export interface ClusterFailuresDeps {
  readonly database: Database;
  readonly now: () => number;
}

export interface ClusterFailuresOptions {
  readonly projectId: string;
  /** Different sessions that must meet a failure before it is a cluster: one odd session is not a defect. */
  readonly minClusterSessions: number;
}

export interface ClusteringReport {
  readonly recorded: number;
  readonly opened: number;
}

/** Failures taken per transaction, and transactions per look: a backlog is worked off without holding up the rest. */
const BATCH = 200;
const BATCHES_MAX = 20;
/** How far back the first look after a start goes. */
const LOOKBACK_MS = 7 * 86_400_000;
/** Scores may commit out of the order of their times; later looks overlap by this. */
const OVERLAP_MS = 5 * 60_000;
const NEW_FOR_DAYS = 7;
const TEMPLATES_PER_LOOK = 100;

/**
 * Takes failing scores into events, templates and clusters: the same signature is the same cluster. Reads what it has
 * not seen yet; all writes are idempotent, so that two optimizers and restarts change nothing.
 */
export function createFailureClustering(
  deps: ClusterFailuresDeps,
  options: ClusterFailuresOptions,
): { run(): Promise<ClusteringReport> } {
  const { database } = deps;
  const { projectId } = options;
  let since = new Date(deps.now() - LOOKBACK_MS);
  // The first look counts all clusters: the process before may have been killed between recording and counting.
  let countAll = true;

  const takeFailures = async () => {
    let recorded = 0;
    const templateIds: string[] = [];
    for (let batch = 0; batch < BATCHES_MAX; batch += 1) {
      const failures = await readNewFailures(database, projectId, { since, limit: BATCH });
      const written = await recordFailures(database, projectId, failures.flatMap(asRecord));
      recorded += written.recorded;
      templateIds.push(...written.templateIds);
      const newest = failures.at(-1)?.scoredAt;
      if (newest !== undefined) since = new Date(Math.max(since.getTime(), newest.getTime() - OVERLAP_MS));
      if (failures.length < BATCH) break;
    }
    return { recorded, templateIds };
  };

  return {
    async run() {
      const { recorded, templateIds } = await takeFailures();
      const templates = await readUnassignedTemplates(
        database,
        projectId,
        options.minClusterSessions,
        TEMPLATES_PER_LOOK,
      );
      for (const template of templates) await openClusterFor(database, projectId, template);
      if (countAll || recorded > 0 || templates.length > 0) {
        const touched = [...templateIds, ...templates.map((template) => template.templateId)];
        await refreshClusters(database, projectId, {
          templateIds: countAll ? null : touched,
          newForDays: NEW_FOR_DAYS,
        });
        countAll = false;
      }
      return { recorded, opened: templates.length };
    },
  };
}

function asRecord(failure: NewFailure): FailureToRecord[] {
  const classified = failureFactsOf(failure);
  if (classified === null) return [];
  const { facts } = classified;
  return [{ failure, facts, signature: signatureOf(facts), signatureAlgorithm: SIGNATURE_ALGORITHM }];
}

async function openClusterFor(database: Database, projectId: string, template: UnassignedTemplate): Promise<void> {
  const shares = await readProviderShares(database, projectId, template);
  const title = titleOf(template, shares);
  const slug = `${template.check}-${template.turnShape}-${template.signature.slice(0, 8)}`.replaceAll(/[^\w-]+/g, '-');
  const prefixFixable = classifyFailure(template.failure)?.prefixFixable ?? false;
  const clusterId = await openCluster(database, projectId, template, { slug, title, prefixFixable });
  await renameCluster(database, clusterId, title);
}
