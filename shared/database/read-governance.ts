import { type Governance, governanceSchema } from '../domain/governance.ts';
import type { Database } from './connect.ts';

export interface GovernanceVersion {
  readonly version: number;
  readonly body: Governance;
  readonly bodyHash: string;
  readonly author: string;
  readonly createdAt: Date;
}

/** The governance in force, which is the newest version; null before the first import. */
export async function readGovernance(database: Database, projectId: string): Promise<GovernanceVersion | null> {
  const row = await database
    .selectFrom('governance')
    .selectAll()
    .where('projectId', '=', projectId)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { version, bodyHash, author, createdAt } = row;
  return { version, body: governanceSchema.parse(row.body), bodyHash, author, createdAt };
}
