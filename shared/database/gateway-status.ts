import { sql } from 'kysely';
import type { Database } from './connect.ts';

/** How one gateway is doing, for `trimtab status` and for whoever waits until a policy is applied everywhere. */
export interface GatewayStatus {
  readonly projectId: string;
  readonly gatewayId: string;
  readonly epoch: number | null;
  readonly policyId: string | null;
  readonly appliedAt: Date | null;
  readonly lastError: string | null;
  readonly spoolBytes: number;
  readonly spoolPending: number;
}

/** Writes the row of a gateway; `seenAt` becomes the database's now. */
export async function writeGatewayStatus(database: Database, status: GatewayStatus): Promise<void> {
  const { projectId: _project, gatewayId: _gateway, ...changing } = status;
  await database
    .insertInto('gatewayStatus')
    .values(status)
    .onConflict((conflict) =>
      conflict.columns(['projectId', 'gatewayId']).doUpdateSet({ ...changing, seenAt: sql`now()` }),
    )
    .execute();
}
