import * as z from 'zod';
import { TrimtabError } from '#shared/errors.ts';

const PAGE_DEFAULT = 50;
const PAGE_MAX = 200;
const CURSOR_LENGTH_MAX = 2_000;

/** The two query parameters of every list. */
export const pageQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
  cursor: z.string().max(CURSOR_LENGTH_MAX).optional(),
});

/** A cursor of lists that are numbered in a column of PostgreSQL's `integer`, and of those in a `bigint`. */
export const numberKeySchema = z.int32();
export const sequenceKeySchema = z.int();

/** Text that is looked for in the database, which cannot hold the character NUL and refuses to be asked for it. */
export function searchText(lengthMax: number) {
  return z
    .string()
    .max(lengthMax)
    .refine((text) => !text.includes('\u0000'), 'must not contain the character NUL');
}

export const noneSchema = z.object({});

/** `nextCursor` is null on the last page. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** Cursors are opaque to clients: what they carry may change. */
function encodeCursor(key: unknown): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** The key of a cursor. Throws `invalid_request` for one that this list did not make. */
export function decodeCursor<Key extends z.ZodType>(
  schema: Key,
  cursor: string | undefined,
): z.output<Key> | undefined {
  if (cursor === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new TrimtabError('invalid_request', 'the cursor is not one of this list; start without one', { cause });
  }
}

/** A page from one row more than asked for, which tells whether another follows. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  asItem: (row: Row) => Item,
  keyOf: (row: Row) => unknown,
): { items: Item[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null;
  return { items: page.map(asItem), nextCursor };
}
