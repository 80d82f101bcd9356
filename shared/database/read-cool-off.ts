import { sql } from 'kysely';
import { contentHash } from '../content-hash.ts';
import type { PolicyBody } from '../domain/policy.ts';
import { policyChange } from '../domain/policy-risk.ts';
import type { Database } from './connect.ts';

export interface CoolOff {
  /** Times that this change was rolled back. */
  readonly rollbacks: number;
  readonly until: Date;
}

/** The cool-off that a policy's change is in after a rollback, or null when it may be tried. */
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
