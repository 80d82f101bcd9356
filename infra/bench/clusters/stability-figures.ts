import { agreementOf } from '../../../services/optimizer/clustering/agreement.ts';
import { assignTemplate, type LiveCluster } from '../../../services/optimizer/clustering/assign-template.ts';
import type { ClusterTemplate } from '../../../services/optimizer/clustering/cluster-template.ts';
import { clusterTemplates } from '../../../services/optimizer/clustering/cluster-templates.ts';
import type { Embedder } from '../../../services/optimizer/clustering/embedders/embedder.ts';
import { type KnownCluster, matchIdentity } from '../../../services/optimizer/clustering/match-identity.ts';
import { createSeededRandom, type SeededRandom } from '../../arena/seeded-random.ts';
import { atLeast, below, type ClusterResult, meanOf, middleOf } from './cluster-figure.ts';
import { createTemplateVectors, remembering, type SignedFailure, templatesOf } from './failure-templates.ts';

const SEED = 33_116;
const DRAWN_SHARE = 0.8;
const NIGHTS = 14;
const DAY_MS = 86_400_000;

/** Do clusters stay what they were: between two draws of the failures, and from night to night as failures arrive? */
export async function stabilityFigures(
  embedder: Embedder,
  failures: readonly SignedFailure[],
  options: { readonly isQuick: boolean },
): Promise<ClusterResult> {
  const remembered = remembering(embedder);
  const random = createSeededRandom(SEED);
  const agreements: number[] = [];
  for (let pair = 0; pair < (options.isQuick ? 10 : 40); pair += 1) {
    agreements.push(await agreementOfDraws(failures, remembered, random));
  }
  const churns: (readonly number[])[] = [];
  for (let order = 0; order < (options.isQuick ? 4 : 20); order += 1) {
    churns.push(await nightlyChurn(shuffled(failures, random), remembered));
  }
  const nights = churns.flat();
  const n = failures.length;
  return {
    figures: [
      atLeast(0.98, { id: 'stability_ari', value: meanOf(agreements), n, interval: middleOf(agreements) }),
      below(0.01, { id: 'id_churn', value: meanOf(nights), n: nights.length, interval: middleOf(churns.map(meanOf)) }),
    ],
    tables: [
      {
        title: `Stability, ${embedder.id}`,
        columns: ['what', 'mean', 'worst', 'times'],
        rows: [
          ['ARI between two draws of 80 %', meanOf(agreements), Math.min(...agreements), agreements.length],
          ['failures whose cluster id changed in a night', meanOf(nights), Math.max(...nights), nights.length],
        ],
      },
    ],
  };
}

async function agreementOfDraws(
  failures: readonly SignedFailure[],
  embedder: Embedder,
  random: SeededRandom,
): Promise<number> {
  const draw = () => failures.filter(() => random.uniform() < DRAWN_SHARE);
  const one = await clusterOf(draw(), embedder);
  const other = await clusterOf(draw(), embedder);
  // Failures whose template is in both draws; a template that one draw lacks has no cluster in it.
  const counts = failures.flatMap(({ signature }) => {
    const [group, label] = [one.get(signature), other.get(signature)];
    return group === undefined || label === undefined ? [] : [{ group, label, count: 1 }];
  });
  return agreementOf(counts).ari;
}

async function clusterOf(failures: readonly SignedFailure[], embedder: Embedder): Promise<ReadonlyMap<string, string>> {
  const clusters = clusterTemplates(await templatesOf(failures, createTemplateVectors(embedder)), embedder);
  return new Map(clusters.flatMap((cluster) => cluster.templateIds.map((id) => [id, cluster.key])));
}

/**
 * Failures arrive day by day; new templates are assigned as they come, and every night all of them are clustered again
 * and matched to the clusters of the day. Returns the share of failures whose id changed, night by night.
 */
async function nightlyChurn(failures: readonly SignedFailure[], embedder: Embedder): Promise<readonly number[]> {
  const { thresholds } = embedder;
  const vectors = createTemplateVectors(embedder);
  let clusters: (KnownCluster & LiveCluster)[] = [];
  let made = 0;
  const open = (night: number, templateIds: readonly string[], exemplars: readonly ClusterTemplate[]) => {
    made += 1;
    return { id: `cluster-${String(made).padStart(5, '0')}`, openedAtMs: night * DAY_MS, templateIds, exemplars };
  };
  const shares: number[] = [];
  for (let night = 1; night <= NIGHTS; night += 1) {
    const seen = failures.slice(0, Math.floor((failures.length * night) / NIGHTS));
    const templates = await templatesOf(seen, vectors);
    const byId = new Map(templates.map((template) => [template.id, template]));
    const assigned = new Set(clusters.flatMap((cluster) => cluster.templateIds));
    for (const template of templates.filter(({ id }) => !assigned.has(id))) {
      const answer = assignTemplate(template, clusters, { thresholds });
      if (answer.kind === 'new') clusters.push(open(night, [template.id], [template]));
      else
        clusters = clusters.map((cluster) =>
          cluster.id === answer.clusterId
            ? { ...cluster, templateIds: [...cluster.templateIds, template.id] }
            : cluster,
        );
    }
    const found = clusterTemplates(templates, { thresholds });
    const match = matchIdentity(clusters, found, (id) => byId.get(id)?.mass ?? 0);
    // In the first night everything is new to people; no id that anybody knows changes.
    if (night > 1) shares.push(match.movedShare);
    const openedAt = new Map(clusters.map((cluster) => [cluster.id, cluster.openedAtMs]));
    clusters = found.map(({ key, templateIds, exemplarIds }) => {
      const exemplars = exemplarIds.flatMap((id) => byId.get(id) ?? []);
      const id = match.clusterIdOf.get(key) ?? null;
      const fresh = open(night, templateIds, exemplars);
      return id === null ? fresh : { ...fresh, id, openedAtMs: openedAt.get(id) ?? 0 };
    });
  }
  return shares;
}

function shuffled<T>(values: readonly T[], random: SeededRandom): readonly T[] {
  return values
    .map((value) => ({ value, at: random.uniform() }))
    .sort((left, right) => left.at - right.at)
    .map(({ value }) => value);
}
