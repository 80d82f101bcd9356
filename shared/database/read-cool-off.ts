import { sql } from 'kysely';
import { contentHash } from '../content-hash.ts';
import { type PolicyBody, policyBodySchema } from '../domain/policy.ts';
import { policyChange } from '../domain/policy-risk.ts';
import type { Database } from './connect.ts';

export interface CoolOff {
  /** Times that this change was rolled back, or came to no verdict. */
  readonly rollbacks: number;
  readonly until: Date;
}

/** The cool-off that a policy's change is in after a rollback or without a verdict, or null when it may be tried. */
export async function readCoolOff(database: Database, projectId: string, policyId: string): Promise<CoolOff | null> {
  const row = await database
    .selectFrom('policyCoolOff')
    .innerJoin('policy', (join) =>
      join
        .onRef('policy.projectId', '=', 'policyCoolOff.projectId')
        .onRef('policy.changeId', '=', 'policyCoolOff.changeId'),
    )
    .select(['rollbacks', 'until'])
    .where('policyCoolOff.projectId', '=', projectId)
    .where('policy.policyId', '=', policyId)
    .where('until', '>', sql<Date>`now()`)
    .executeTakeFirst();
  return row ?? null;
}

/** A policy that cools off, with the one that it was to change. */
export interface RefusedPolicy {
  readonly before: PolicyBody;
  readonly after: PolicyBody;
}

/** What was rolled back, or came to no verdict, and may not be tried again at a moment; one policy of each change. */
export async function listRefused(database: Database, projectId: string, at: Date): Promise<RefusedPolicy[]> {
  const rows = await database
    .selectFrom('policyCoolOff')
    .innerJoin('policy', (join) =>
      join
        .onRef('policy.projectId', '=', 'policyCoolOff.projectId')
        .onRef('policy.changeId', '=', 'policyCoolOff.changeId'),
    )
    .innerJoin('policy as parent', (join) =>
      join.onRef('parent.projectId', '=', 'policy.projectId').onRef('parent.policyId', '=', 'policy.parentId'),
    )
    .select(['parent.body as before', 'policy.body as after'])
    .distinctOn('policyCoolOff.changeId')
    .where('policyCoolOff.projectId', '=', projectId)
    .where('until', '>', at)
    .orderBy('policyCoolOff.changeId')
    .orderBy('policy.number', 'desc')
    .execute();
  return rows.map(({ before, after }) => ({
    before: policyBodySchema.parse(before),
    after: policyBodySchema.parse(after),
  }));
}

/** Begins the cool-off of the change that a policy is, or doubles it. */
export async function beginCoolOff(transaction: Database, projectId: string, policyId: string): Promise<void> {
  await sql`SELECT begin_cool_off(${projectId}, ${policyId})`.execute(transaction);
}

/** The cool-off that a change between two bodies is in, whatever policies it was tried in before. */
export async function readCoolOffOfChange(
  database: Database,
  projectId: string,
  before: PolicyBody,
  after: PolicyBody,
): Promise<CoolOff | null> {
  const row = await database
    .selectFrom('policyCoolOff')
    .select(['rollbacks', 'until'])
    .where('projectId', '=', projectId)
    .where('changeId', '=', contentHash(policyChange(before, after)))
    .where('until', '>', sql<Date>`now()`)
    .executeTakeFirst();
  return row ?? null;
}
