import { sql } from 'kysely';
import { TrimtabError } from '../../errors.ts';
import type { Database } from '../connect.ts';
import { moveTemplates, type TemplateMove } from './move-templates.ts';

export interface NewCluster {
  /** Never changes; made of facts alone. */
  readonly slug: string;
  readonly name: string;
  readonly stage: string;
  readonly check: string;
  readonly prefixFixable: boolean;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
}

/**
 * Opens a cluster with its first templates, in a transaction that holds the clusters. A slug that is taken is numbered:
 * a template that once led a cluster may lead another after a split.
 *
 * @returns its id
 */
export async function openCluster(
  transaction: Database,
  projectId: string,
  cluster: NewCluster,
  templates: readonly Omit<TemplateMove, 'clusterId'>[],
): Promise<string> {
  const { name, stage, prefixFixable, firstSeen, lastSeen } = cluster;
  for (let number = 1; number <= SLUG_NUMBERS_MAX; number += 1) {
    const slug = number === 1 ? cluster.slug : `${cluster.slug}-${number}`;
    const opened = await transaction
      .insertInto('failureCluster')
      .values({
        ...{ projectId, slug, name, title: name, stage, checkId: cluster.check, prefixFixable, firstSeen, lastSeen },
        clusterId: sql`gen_random_uuid()`,
        status: 'new',
        // Of two that are opened at once the first is the older one: in a merge the oldest survives.
        createdAt: sql<Date>`clock_timestamp()`,
      })
      .onConflict((conflict) => conflict.columns(['projectId', 'slug']).doNothing())
      .returning('clusterId')
      .executeTakeFirst();
    if (opened === undefined) continue;
    const { clusterId } = opened;
    await moveTemplates(
      transaction,
      projectId,
      templates.map((template) => ({ ...template, clusterId })),
    );
    return clusterId;
  }
  throw new TrimtabError('conflict', `there are ${SLUG_NUMBERS_MAX} clusters named ${cluster.slug}`);
}

const SLUG_NUMBERS_MAX = 1_000;
