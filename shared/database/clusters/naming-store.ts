import { sql } from 'kysely';
import * as z from 'zod';
import { jsonText, storableText } from '../columns.ts';
import type { Database } from '../connect.ts';

export interface NamedMember {
  readonly templateId: string;
  readonly check: string;
  readonly turnShape: string;
  readonly expectedVsActual: string;
  readonly template: string;
  readonly mass: number;
}

/** A cluster that may get a name, with all of its templates, heaviest first. */
export interface NamableCluster {
  readonly clusterId: string;
  readonly stage: string;
  readonly check: string;
  readonly name: string;
  readonly place: string;
  readonly nameSource: string;
  readonly namedMembers: Readonly<Record<string, number>>;
  readonly exemplars: readonly string[];
  readonly members: readonly NamedMember[];
}

const membershipSchema = z.record(z.string(), z.number()).catch({});
const TITLE_CHARACTERS_MAX = 200;

/** Every standing cluster of a project with its templates; those that people named as well, to be told from. */
export async function readNamableClusters(database: Database, projectId: string): Promise<readonly NamableCluster[]> {
  const clusters = await database
    .selectFrom('failureCluster')
    .select(['clusterId', 'stage', 'checkId as check', 'name', 'place', 'nameSource', 'namedMembers', 'exemplars'])
    .where('projectId', '=', projectId)
    .where('mergedInto', 'is', null)
    .orderBy('clusterId')
    .execute();
  const { rows } = await sql<NamedMember & { clusterId: string }>`
    SELECT assignment.cluster_id, template.template_id, template.check_id AS "check", template.turn_shape,
      template.expected_vs_actual, template.template, template.event_count AS mass
    FROM cluster_assignment assignment JOIN failure_template template USING (template_id)
    WHERE assignment.project_id = ${projectId} AND assignment.valid_to IS NULL
    ORDER BY template.event_count DESC, template.template_id`.execute(database);
  const members = Map.groupBy(rows, ({ clusterId }) => clusterId);
  return clusters.map((cluster) => ({
    ...cluster,
    namedMembers: membershipSchema.parse(cluster.namedMembers),
    members: (members.get(cluster.clusterId) ?? []).map(({ clusterId: _clusterId, ...member }) => member),
  }));
}

/** Gives a cluster a name, unless a person has named it in the meantime. */
export async function writeClusterName(
  database: Database,
  cluster: Pick<NamableCluster, 'clusterId' | 'place' | 'members'>,
  named: {
    readonly source: 'keywords' | 'llm';
    readonly name: string;
    readonly rubric: string | null;
    readonly suspectedLayer: string | null;
  },
): Promise<void> {
  const { name, rubric, suspectedLayer, source } = named;
  const members = Object.fromEntries(cluster.members.map(({ templateId, mass }) => [templateId, mass]));
  await database
    .updateTable('failureCluster')
    .set({
      ...{ name: storableText(name), title: titleWith(name, cluster.place), nameSource: source },
      ...{ rubric, suspectedLayer, namedMembers: jsonText(members) },
    })
    .where('clusterId', '=', cluster.clusterId)
    .where('nameSource', '<>', 'human')
    .execute();
}

/** What a model said of the very same members before. */
export async function readCachedName(
  database: Database,
  projectId: string,
  memberHash: string,
): Promise<{ readonly name: string; readonly rubric: string; readonly suspectedLayer: string } | null> {
  const row = await database
    .selectFrom('clusterName')
    .select(['name', 'rubric', 'suspectedLayer'])
    .where('projectId', '=', projectId)
    .where('memberHash', '=', memberHash)
    .executeTakeFirst();
  return row ?? null;
}

export async function cacheName(
  database: Database,
  cached: {
    readonly projectId: string;
    readonly memberHash: string;
    readonly clusterId: string;
    readonly model: string;
    readonly name: string;
    readonly rubric: string;
    readonly suspectedLayer: string;
  },
): Promise<void> {
  const { name, rubric } = cached;
  await database
    .insertInto('clusterName')
    .values({ ...cached, name: storableText(name), rubric: storableText(rubric) })
    .onConflict((conflict) => conflict.columns(['projectId', 'memberHash']).doNothing())
    .execute();
}

export function titleWith(name: string, place: string): string {
  return storableText(place === '' ? name : `${name} ${place}`).slice(0, TITLE_CHARACTERS_MAX);
}
