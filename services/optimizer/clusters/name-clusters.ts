import { contentHash } from '#shared/content-hash.ts';
import { readEmbeddings } from '#shared/database/clusters/embedding-store.ts';
import {
  cacheName,
  type NamableCluster,
  type NamedMember,
  readCachedName,
  readNamableClusters,
  writeClusterName,
} from '#shared/database/clusters/naming-store.ts';
import { readDimensions } from '#shared/database/clusters/read-dimensions.ts';
import type { Database } from '#shared/database/connect.ts';
import type { Llm } from '#shared/llm/llm.ts';
import type { Log } from '#shared/log.ts';
import { type Embedder, similarityOf } from '../clustering/embedders/embedder.ts';
import { deservesName } from './membership.ts';
import { nameFromFacts } from './name-from-facts.ts';
import { type GivenName, namingRequest, parseNamingReply } from './naming-request.ts';

export interface NameClustersDeps {
  readonly database: Database;
  readonly embedder: Embedder;
  /** Who names; null leaves it to facts and keywords. */
  readonly llm: Llm | null;
  readonly log: Log | null;
}

const MEDOIDS_MAX = 5;
const RANDOM_MEMBERS = 5;
const PLACES_MAX = 8;
const NEIGHBOURS_MAX = 5;
const TIMEOUT_MS = 60_000;

/**
 * Names clusters that have become another thing since they were named, and, where a model names, those that only have a
 * name of facts. People's names stay. A model is asked once for the same members.
 *
 * @returns how many names were given
 */
export async function nameClusters(
  deps: NameClustersDeps,
  projectId: string,
  /** Questions to the model; beyond them names are made of facts until the next time. */
  questionsMax: number,
): Promise<number> {
  const { database } = deps;
  const clusters = await readNamableClusters(database, projectId);
  let [named, questions] = [0, 0];
  for (const cluster of clusters) {
    if (cluster.nameSource === 'human' || cluster.members.length === 0) continue;
    const isOther = deservesName(cluster.namedMembers, membershipOf(cluster.members));
    if (!isOther && (deps.llm === null || cluster.nameSource === 'llm')) continue;
    const hash = hashOf(cluster);
    const cached = await readCachedName(database, projectId, hash);
    const mayAsk = deps.llm !== null && cached === null && questions < questionsMax;
    questions += mayAsk ? 1 : 0;
    const given = cached ?? (mayAsk ? await ask(deps, projectId, { cluster, clusters, hash }) : null);
    if (given !== null) await writeClusterName(database, cluster, { source: 'llm', ...given });
    else if (isOther) {
      const siblings = clusters.filter((other) => other !== cluster && other.check === cluster.check);
      const name = nameFromFacts(
        cluster.members,
        siblings.flatMap(({ members }) => members),
      );
      await writeClusterName(database, cluster, { source: 'keywords', name, rubric: null, suspectedLayer: null });
    } else continue;
    named += 1;
  }
  return named;
}

async function ask(
  deps: NameClustersDeps,
  projectId: string,
  asked: {
    readonly cluster: NamableCluster;
    readonly clusters: readonly NamableCluster[];
    readonly hash: string;
  },
): Promise<GivenName | null> {
  const { database, llm, log } = deps;
  const { cluster, clusters, hash } = asked;
  if (llm === null) return null;
  const places = await readDimensions(database, cluster.clusterId, PLACES_MAX);
  const { stage, check } = cluster;
  const request = namingRequest({
    ...{ stage, check, places },
    medoids: medoidsOf(cluster),
    members: drawn(cluster, hash),
    neighbours: await neighboursOf(deps, cluster, clusters),
  });
  const result = await llm.completeStructured({ ...request, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const given = result.ok ? parseNamingReply(result.value) : null;
  if (given === null) {
    const problem = result.ok ? 'the reply is no name' : result.error.message;
    log?.warn({ clusterId: cluster.clusterId, problem }, 'a cluster is named by facts: the model gave no name');
    return null;
  }
  const { clusterId } = cluster;
  await cacheName(database, { ...given, projectId, memberHash: hash, clusterId, model: llm.model });
  return given;
}

/** The other clusters that are nearest by their first exemplar, likest first, with what tells them apart. */
async function neighboursOf(
  { database, embedder }: NameClustersDeps,
  cluster: NamableCluster,
  clusters: readonly NamableCluster[],
): Promise<readonly { readonly name: string; readonly template: string }[]> {
  const leaderOf = ({ exemplars, members }: NamableCluster) => exemplars[0] ?? members[0]?.templateId ?? '';
  const others = clusters.filter((other) => other !== cluster && other.members.length > 0);
  const stored = await readEmbeddings(database, [cluster, ...others].map(leaderOf), {
    ...{ embedder: embedder.id, embedderVersion: embedder.version },
  });
  const vectorOf = (each: NamableCluster) => Float32Array.from(stored.get(leaderOf(each)) ?? []);
  const own = vectorOf(cluster);
  return others
    .map((other) => ({ other, similarity: similarityOf(own, vectorOf(other)) }))
    .sort(
      (left, right) => right.similarity - left.similarity || (left.other.clusterId < right.other.clusterId ? -1 : 1),
    )
    .slice(0, NEIGHBOURS_MAX)
    .map(({ other }) => ({ name: other.name, template: other.members[0]?.template ?? '' }));
}

function medoidsOf({ exemplars, members }: NamableCluster): readonly NamedMember[] {
  const chosen = exemplars.flatMap((id) => members.find(({ templateId }) => templateId === id) ?? []);
  return (chosen.length > 0 ? chosen : members).slice(0, MEDOIDS_MAX);
}

/** Members drawn by the hash of the cluster's members: at random, and the same ones on every machine. */
function drawn({ members }: NamableCluster, seed: string): readonly NamedMember[] {
  return members
    .map((member) => ({ member, lot: contentHash({ seed, templateId: member.templateId }) }))
    .sort((left, right) => (left.lot < right.lot ? -1 : 1))
    .slice(0, RANDOM_MEMBERS)
    .map(({ member }) => member);
}

function hashOf({ stage, check, members }: NamableCluster): string {
  const texts = members.map(({ template, expectedVsActual }) => [expectedVsActual, template]).sort();
  return contentHash({ stage, check, texts });
}

function membershipOf(members: readonly NamedMember[]): Readonly<Record<string, number>> {
  return Object.fromEntries(members.map(({ templateId, mass }) => [templateId, mass]));
}
