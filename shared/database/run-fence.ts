import { TrimtabError } from '../errors.ts';
import type { Database } from './connect.ts';

/** What a claim of a run is known by; the next claim of the same run has a higher fence. */
export interface RunFence {
  readonly runId: string;
  readonly fence: number;
}

/**
 * Holds the claim until the transaction ends, so that nobody takes the run over while it changes what is served. Throws
 * `conflict` when somebody has done so before.
 */
export async function holdRun(transaction: Database, run: RunFence): Promise<void> {
  const held = await transaction
    .selectFrom('optimizerRun')
    .select('runId')
    .where('runId', '=', run.runId)
    .where('fence', '=', run.fence)
    .where('status', '=', 'running')
    .forShare()
    .executeTakeFirst();
  if (held === undefined) throw leaseLost(run);
}

export function leaseLost({ runId }: Pick<RunFence, 'runId'>): TrimtabError {
  return new TrimtabError('conflict', `the lease of run ${runId} was lost`, { details: { reason: 'lease_lost' } });
}

export function isLeaseLost(error: unknown): boolean {
  return error instanceof TrimtabError && error.details['reason'] === 'lease_lost';
}
