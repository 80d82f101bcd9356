import { sql } from 'kysely';
import * as z from 'zod';
import { canonicalJson, sha256Hex } from '../content-hash.ts';
import type { AuditAction } from '../domain/audit-event.ts';
import { jsonText, storableText } from './columns.ts';
import type { Database } from './connect.ts';

/** What a caller says of a change; the log adds time, place in the chain and hash. */
export interface AuditEntry {
  readonly projectId: string;
  readonly action: AuditAction;
  /** `human:<token name>`, `file:<path>`, `optimizer:<instance>`, `cli:<user>`. */
  readonly actor: string;
  readonly subject: string;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface AuditRecord extends Omit<AuditEntry, 'action'> {
  readonly action: string;
  readonly sequence: number;
  readonly happenedAt: Date;
  readonly previousHash: string;
  readonly hash: string;
}

export type ChainVerdict =
  | { readonly valid: true; readonly count: number; readonly head: string }
  | { readonly valid: false; readonly sequence: number; readonly reason: string };

/** What stands before the first event of a project. */
const CHAIN_START = '0'.repeat(64);
const VERIFY_BATCH = 1_000;
const detailsSchema = z.record(z.string(), z.unknown());

/**
 * Appends one event to the project's hash chain: hash = sha256(canonical JSON of the event and of the hash before it).
 * Writers take turns by an advisory lock that is held until their transaction ends, so call it last in a transaction.
 */
export async function appendAudit(database: Database, entry: AuditEntry): Promise<AuditRecord> {
  if (!database.isTransaction) return database.transaction().execute((transaction) => appendAudit(transaction, entry));
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`trimtab.audit.${entry.projectId}`}, 0))`.execute(database);
  const last = await database
    .selectFrom('auditEvent')
    .select('hash')
    .where('projectId', '=', entry.projectId)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  const clock = await sql<{ now: Date }>`SELECT date_trunc('milliseconds', clock_timestamp()) AS now`.execute(database);
  const event = {
    ...asStored(entry),
    happenedAt: clock.rows[0]?.now ?? new Date(0),
    previousHash: last?.hash ?? CHAIN_START,
  };
  const hash = hashOf(event);
  const inserted = await database
    .insertInto('auditEvent')
    .values({ ...event, details: jsonText(event.details), hash })
    .returning('sequence')
    .executeTakeFirstOrThrow();
  return { ...event, sequence: inserted.sequence, hash };
}

/** Walks the whole chain of a project and names the first event that was edited, removed before others, or reordered. */
export async function verifyAuditChain(database: Database, projectId: string): Promise<ChainVerdict> {
  let previousHash = CHAIN_START;
  let after = 0;
  let count = 0;
  for (;;) {
    const batch = await readAudit(database, projectId, { after, limit: VERIFY_BATCH });
    for (const event of batch) {
      if (event.previousHash !== previousHash) {
        return { valid: false, sequence: event.sequence, reason: 'does not follow the event before it' };
      }
      if (hashOf(event) !== event.hash) {
        return { valid: false, sequence: event.sequence, reason: 'was changed after it was written' };
      }
      previousHash = event.hash;
      after = event.sequence;
      count++;
    }
    if (batch.length < VERIFY_BATCH) return { valid: true, count, head: previousHash };
  }
}

/** Events in the order of the chain, after a sequence number. */
export async function readAudit(
  database: Database,
  projectId: string,
  page: { readonly after: number; readonly limit: number },
): Promise<AuditRecord[]> {
  const rows = await database
    .selectFrom('auditEvent')
    .selectAll()
    .where('projectId', '=', projectId)
    .where('sequence', '>', page.after)
    .orderBy('sequence')
    .limit(page.limit)
    .execute();
  return rows.map((row) => ({ ...row, details: detailsSchema.parse(row.details) }));
}

/** Newest events first, before a sequence number; narrowed to some actions on request. */
export async function listAudit(
  database: Database,
  projectId: string,
  page: { readonly before?: number | undefined; readonly limit: number; readonly actions?: readonly AuditAction[] },
): Promise<AuditRecord[]> {
  let query = database.selectFrom('auditEvent').selectAll().where('projectId', '=', projectId);
  if (page.before !== undefined) query = query.where('sequence', '<', page.before);
  if (page.actions !== undefined) query = query.where('action', 'in', page.actions);
  const rows = await query.orderBy('sequence', 'desc').limit(page.limit).execute();
  return rows.map((row) => ({ ...row, details: detailsSchema.parse(row.details) }));
}

/** The hash is taken over what the database gives back, so what it cannot hold is replaced before. */
function asStored(entry: AuditEntry): AuditEntry {
  return {
    projectId: entry.projectId,
    action: entry.action,
    actor: storableText(entry.actor),
    subject: storableText(entry.subject),
    reason: storableText(entry.reason),
    details: detailsSchema.parse(JSON.parse(jsonText(entry.details))),
  };
}

function hashOf(event: Omit<AuditRecord, 'sequence' | 'hash'>): string {
  return sha256Hex(
    canonicalJson({
      projectId: event.projectId,
      action: event.action,
      actor: event.actor,
      subject: event.subject,
      reason: event.reason,
      details: event.details,
      happenedAt: event.happenedAt.toISOString(),
      previousHash: event.previousHash,
    }),
  );
}
