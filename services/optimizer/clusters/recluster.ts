import type { ClusterPlan } from '#shared/database/clusters/change-store.ts';
import {
  decideClusterChange,
  proposeClusterChange,
  takeClusterChange,
} from '#shared/database/clusters/change-store.ts';
import { type LiveClusterRow, readLiveClusters } from '#shared/database/clusters/live-clusters.ts';
import { hasPinsSince, readPins } from '#shared/database/clusters/pin-store.ts';
import { readTemplateMasses, readTemplates, type StoredTemplate } from '#shared/database/clusters/template-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { TrimtabError } from '#shared/errors.ts';
import { clusterTemplates } from '../clustering/cluster-templates.ts';
import type { Embedder } from '../clustering/embedders/embedder.ts';
import { type IdentityMatch, matchIdentity, PROPOSE_ABOVE } from '../clustering/match-identity.ts';
import { type AppliedPlan, applyPlan } from './apply-plan.ts';
import { embedTemplates } from './embed-templates.ts';
import type { ClusterSupport } from './place-templates.ts';

export interface ReclusterDeps {
  readonly database: Database;
  readonly embedder: Embedder;
  readonly now: () => number;
  readonly actor: string;
}

export interface ReclusterOptions extends ClusterSupport {
  readonly runId: string | null;
  /** Applies changes of any size; otherwise large ones wait for a person. */
  readonly autoApply: boolean;
}

/** What a night came to. */
export interface ReclusterReport {
  readonly templates: number;
  readonly clusters: number;
  /** Share of a week's failures whose cluster is another one, or would be. */
  readonly movedShare: number;
  readonly applied: AppliedPlan | null;
  /** The change that waits for a person. */
  readonly proposed: string | null;
}

const DAY_MS = 86_400_000;
/** Templates that were not met for this long keep their cluster and say nothing in it. */
const WINDOW_MS = 30 * DAY_MS;
/** What moves is weighed by the failures of a week. */
const WEEK_MS = 7 * DAY_MS;
const TEMPLATES_MAX = 20_000;

/**
 * Clusters all templates of the last weeks anew, and carries the ids of the standing clusters over. People's pins hold.
 * The same templates give the same clusters, whatever came first; a change of more failures than may move without a
 * person's word is proposed.
 */
export async function recluster(deps: ReclusterDeps, options: ReclusterOptions): Promise<ReclusterReport> {
  const { database, now } = deps;
  const { projectId, runId } = options;
  const window = { since: new Date(now() - WINDOW_MS), limit: TEMPLATES_MAX };
  const templates = await readTemplates(database, projectId, window);
  const known = await readLiveClusters(database, projectId);
  const { plan, match } = await planFor(deps, projectId, templates, known);
  const { movedShare } = match;
  const counts = { templates: templates.length, clusters: plan.clusters.length, movedShare };
  const by = { ...options, actor: deps.actor, now: new Date(now()) };
  if (movedShare > PROPOSE_ABOVE && !options.autoApply) {
    const proposed = await proposeClusterChange(database, { ...by, runId, movedShare, plan });
    const applied = await apply(database, withoutMoves(plan, templates), by, templates);
    return { ...counts, applied, proposed };
  }
  return { ...counts, applied: await apply(database, plan, by, templates), proposed: null };
}

/** Carries out a change that waited for a person. */
export async function applyClusterChange(
  deps: Pick<ReclusterDeps, 'database' | 'now' | 'actor'>,
  options: ClusterSupport,
  decision: { readonly changeId: string; readonly reason: string },
): Promise<AppliedPlan> {
  const { database, now, actor } = deps;
  const { projectId } = options;
  const { changeId, reason } = decision;
  const window = { since: new Date(now() - WINDOW_MS), limit: TEMPLATES_MAX };
  const templates = await readTemplates(database, projectId, window);
  return await database.transaction().execute(async (transaction) => {
    const change = await takeClusterChange(transaction, projectId, changeId);
    if (change === null) throw new TrimtabError('conflict', `change ${changeId} does not wait for a decision`);
    if (await hasPinsSince(transaction, projectId, change.createdAt)) {
      throw new TrimtabError('conflict', 'clusters were merged or split since; the next night proposes anew');
    }
    const by = { ...options, actor, runId: change.runId, now: new Date(now()) };
    const applied = await applyPlan(transaction, change.plan, by, templates);
    const decided = { projectId, changeId, actor, reason, now: new Date(now()) };
    await decideClusterChange(transaction, { ...decided, status: 'applied' });
    return applied;
  });
}

async function planFor(
  deps: ReclusterDeps,
  projectId: string,
  templates: readonly StoredTemplate[],
  known: readonly LiveClusterRow[],
): Promise<{ readonly plan: ClusterPlan; readonly match: IdentityMatch }> {
  const pins = await readPins(deps.database, projectId);
  const embedded = await embedTemplates(deps, projectId, templates);
  const found = clusterTemplates(embedded, { thresholds: deps.embedder.thresholds, pins });
  const masses = await readTemplateMasses(deps.database, projectId, new Date(deps.now() - WEEK_MS));
  const inWindow = new Set(templates.map(({ templateId }) => templateId));
  const before = known
    .map(({ clusterId, createdAt, templateIds }) => ({
      ...{ id: clusterId, openedAtMs: createdAt.getTime() },
      templateIds: templateIds.filter((id) => inWindow.has(id)),
    }))
    .filter(({ templateIds }) => templateIds.length > 0);
  // Where a week brought nothing, all failures of the window say what belongs together.
  const isSilent = [...masses.values()].every((mass) => mass === 0);
  const windowMass = new Map(templates.map(({ templateId, mass }) => [templateId, mass]));
  const match = matchIdentity(before, found, (id) => (isSilent ? windowMass : masses).get(id) ?? 0);
  const plan = {
    clusters: found.map(({ key, templateIds, exemplarIds, similarities }) => ({
      ...{ key, templateIds: [...templateIds], exemplarIds: [...exemplarIds], similarities: [...similarities] },
      clusterId: match.clusterIdOf.get(key) ?? null,
    })),
    lineage: match.lineage.map((step) => ({ ...step })),
  };
  return { plan, match };
}

/** What of a plan takes nothing from any cluster: templates without one join those that stand, or open one. */
function withoutMoves(plan: ClusterPlan, templates: readonly StoredTemplate[]): ClusterPlan {
  const homeOf = new Map(templates.map(({ templateId, clusterId }) => [templateId, clusterId]));
  const clusters = plan.clusters.map((found) => {
    const stays = (id: string) => [null, found.clusterId].includes(homeOf.get(id) ?? null);
    const kept = found.templateIds.map((id, index) => ({ id, index })).filter(({ id }) => stays(id));
    return {
      ...found,
      templateIds: kept.map(({ id }) => id),
      similarities: kept.map(({ index }) => found.similarities[index] ?? 0),
      exemplarIds: found.exemplarIds.filter(stays),
    };
  });
  return { clusters, lineage: [] };
}

async function apply(
  database: Database,
  plan: ClusterPlan,
  by: ReclusterOptions & { readonly actor: string; readonly now: Date },
  templates: readonly StoredTemplate[],
): Promise<AppliedPlan> {
  return await database.transaction().execute((transaction) => applyPlan(transaction, plan, by, templates));
}
