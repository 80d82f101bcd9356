import { type RawBuilder, sql } from 'kysely';
import { TrimtabError } from '../../errors.ts';
import { storableText } from '../columns.ts';
import type { Database } from '../connect.ts';
import type { PurgeTarget } from './erasure.ts';

/** Calls whose id is this much younger than their start are refused by the store. */
const ID_TOLERANCE = '1 day';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Which rows of `call` a purge means; `startedBefore` bounds it, because calls go on coming in. */
export interface MeantCalls {
  readonly projectId: string;
  readonly target: PurgeTarget;
  readonly startedBefore: Date;
}

/** The condition on `call`, as SQL. */
export function isMeant({ projectId, target, startedBefore }: MeantCalls): RawBuilder<boolean> {
  const bounds = sql`call.project_id = ${projectId} AND call.started_at < ${startedBefore}
    AND call.call_id < lowest_call_id(${startedBefore}::timestamptz + ${ID_TOLERANCE}::interval)`;
  switch (target.kind) {
    case 'session':
      return sql<boolean>`(${bounds} AND call.session_id = ${storableText(target.value)})`;
    case 'developer':
      return sql<boolean>`(${bounds} AND call.developer = ${storableText(target.value)})`;
    case 'key':
      return sql<boolean>`(${bounds} AND call.key_id = ${keyId(target.value)}::uuid)`;
    case 'before':
      return sql<boolean>`(${bounds})`;
    default:
      return target satisfies never;
  }
}

function keyId(value: string): string {
  if (UUID.test(value)) return value;
  throw new TrimtabError('invalid_request', 'a key is named by its id, as `trimtab keys list` shows it');
}

/** The next calls that are meant, in the order of their ids. */
export async function nextMeantCalls(
  database: Database,
  meant: MeantCalls,
  after: string | null,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ callId: string }>`
    SELECT call_id FROM call WHERE ${isMeant(meant)} ${after === null ? sql`` : sql`AND call_id > ${after}::uuid`}
    ORDER BY call_id LIMIT ${limit}`.execute(database);
  return rows.map(({ callId }) => callId);
}
