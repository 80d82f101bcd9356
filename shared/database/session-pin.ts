import type { Variant } from '../domain/call.ts';
import { variantSchema } from '../domain/call.ts';
import type { Database } from './connect.ts';

/** Where a session stands, as its first call decided it: its main call was dealt the same. */
export interface StoredSessionPin {
  readonly startedAtMs: number;
  readonly policyId: string | null;
  readonly variant: Variant | null;
  readonly rolloutId: string | null;
}

/** The pin of a session, or null when no call of it is stored yet. */
export async function readSessionPin(
  database: Database,
  projectId: string,
  sessionId: string,
): Promise<StoredSessionPin | null> {
  const row = await database
    .selectFrom('session')
    .select(['startedAt', 'policyId', 'variant', 'rolloutId'])
    .where('projectId', '=', projectId)
    .where('sessionId', '=', sessionId)
    .executeTakeFirst();
  if (row === undefined) return null;
  const variant = variantSchema.safeParse(row.variant);
  return {
    startedAtMs: row.startedAt.getTime(),
    policyId: row.policyId,
    variant: variant.success ? variant.data : null,
    rolloutId: row.rolloutId,
  };
}
