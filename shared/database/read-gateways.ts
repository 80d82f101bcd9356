import type { Database } from './connect.ts';

export interface GatewayState {
  readonly gatewayId: string;
  readonly epoch: number | null;
  readonly seenAt: Date;
  readonly lastError: string | null;
  readonly spoolPending: number;
}

const GATEWAYS_MAX = 200;

/** What each gateway says of itself, most recently seen first. */
export async function readGateways(database: Database, projectId: string): Promise<GatewayState[]> {
  return await database
    .selectFrom('gatewayStatus')
    .select(['gatewayId', 'epoch', 'seenAt', 'lastError', 'spoolPending'])
    .where('projectId', '=', projectId)
    .orderBy('seenAt', 'desc')
    .limit(GATEWAYS_MAX)
    .execute();
}
