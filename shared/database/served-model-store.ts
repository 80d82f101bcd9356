import { sql } from 'kysely';
import { appendAudit } from './audit-log.ts';
import { storableText } from './columns.ts';
import type { Database } from './connect.ts';

/** What answered a call, in the upstream's own words. */
interface ServedModel {
  readonly projectId: string;
  readonly provider: string;
  /** The exact id that was asked for. */
  readonly model: string;
  /** The id under which it was answered. */
  readonly served: string;
  /** The build that answered, where the upstream names one; empty elsewhere. */
  readonly fingerprint: string;
  readonly servedAt: Date;
  readonly callId: string;
}

interface ServedModelChange {
  readonly servedBefore: string;
  readonly fingerprintBefore: string;
}

/** What was not served for so long is not one of several that serve side by side. */
const SIDE_BY_SIDE_MS = 24 * 3_600_000;
const TEXT_CHARACTERS_MAX = 300;

/**
 * Notes what was served. The first name is what an alias stands for, and no change; one that was never served before is,
 * and so is one that comes back after a day of others. A change is written to the audit log in the same transaction.
 * Calls that come in late, from before all that is known, change nothing.
 */
export async function noteServedModel(
  database: Database,
  noted: ServedModel,
  actor: string,
): Promise<ServedModelChange | null> {
  const { projectId, provider, model } = noted;
  const [served, fingerprint] = [noted.served, noted.fingerprint].map((text) =>
    storableText(text).slice(0, TEXT_CHARACTERS_MAX),
  ) as [string, string];
  const key = { projectId, provider, model, served, fingerprint };
  return await database.transaction().execute(async (transaction) => {
    // Writers take turns, or two of them could each find nothing to differ from.
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`trimtab.served.${projectId}.${model}`}, 0))`.execute(
      transaction,
    );
    const rows = await transaction
      .selectFrom('servedModel')
      .select(['served', 'fingerprint', 'firstServedAt', 'lastServedAt'])
      .where('projectId', '=', projectId)
      .where('provider', '=', provider)
      .where('model', '=', model)
      .orderBy('lastServedAt', 'desc')
      .execute();
    const own = rows.find((row) => row.served === served && row.fingerprint === fingerprint);
    const change = findChange(rows, own ?? null, noted.servedAt);
    const { servedAt } = noted;
    await transaction
      .insertInto('servedModel')
      .values({
        ...key,
        firstServedAt: servedAt,
        lastServedAt: servedAt,
        changedAt: change === null ? null : servedAt,
      })
      .onConflict((conflict) =>
        conflict.columns(['projectId', 'provider', 'model', 'served', 'fingerprint']).doUpdateSet({
          lastServedAt: sql`greatest(served_model.last_served_at, excluded.last_served_at)`,
          changedAt: sql`coalesce(excluded.changed_at, served_model.changed_at)`,
        }),
      )
      .execute();
    if (change === null) return null;
    const details = { provider, served, fingerprint, servedBefore: change.served, callId: noted.callId };
    await appendAudit(transaction, {
      projectId,
      action: 'model.served_differs',
      actor,
      subject: model,
      reason: 'the upstream answers as another model than it did before; what was observed until now no longer counts',
      details: { ...details, fingerprintBefore: change.fingerprint, cutAt: servedAt.toISOString() },
    });
    return { servedBefore: change.served, fingerprintBefore: change.fingerprint };
  });
}

type ServedRow = ServedModelChangeSource & { readonly firstServedAt: Date; readonly lastServedAt: Date };

interface ServedModelChangeSource {
  readonly served: string;
  readonly fingerprint: string;
}

/** What was served before in the place of this, or null when this is nothing new. Rows come newest first. */
function findChange(rows: readonly ServedRow[], own: ServedRow | null, servedAt: Date): ServedModelChangeSource | null {
  const others = rows.filter((row) => row !== own);
  if (own === null) return others.find((row) => row.firstServedAt <= servedAt) ?? null;
  const isLately = own.lastServedAt.getTime() >= servedAt.getTime() - SIDE_BY_SIDE_MS;
  return isLately
    ? null
    : (others.find((row) => row.lastServedAt > own.lastServedAt && row.lastServedAt <= servedAt) ?? null);
}
