import { CompiledQuery, type QueryResult } from 'kysely';
import type { Database } from './connect.ts';

/** Parameters of one statement, at most, by PostgreSQL's protocol. */
const PARAMETERS_MAX = 65_535;

/** A table, columns as they are named in the database, and what follows the rows: `ON CONFLICT` and the like. */
export interface InsertShape {
  readonly table: string;
  readonly columns: readonly string[];
  readonly suffix: string;
}

/**
 * Inserts rows by one statement, or a few when they are very many. Values are parameters, in the order of the columns.
 * The text is put together here, because a query builder makes an object of every value of every row: that took most of
 * the time of storing a call.
 *
 * @returns what `RETURNING` in the suffix asks for
 */
export async function insertRows<Row>(
  transaction: Database,
  shape: InsertShape,
  rows: readonly (readonly unknown[])[],
): Promise<readonly Row[]> {
  const returned: Row[] = [];
  const rowsMax = Math.floor(PARAMETERS_MAX / shape.columns.length);
  for (let start = 0; start < rows.length; start += rowsMax) {
    const some = rows.slice(start, start + rowsMax);
    const query = CompiledQuery.raw(textOf(shape, some.length), some.flat());
    const result: QueryResult<unknown> = await transaction.executeQuery(query);
    returned.push(...(result.rows as Row[]));
  }
  return returned;
}

/** Numbered parameters of one row after another, by the number of columns. */
const placeholders = new Map<number, string[]>();

function textOf({ table, columns, suffix }: InsertShape, rows: number): string {
  const width = columns.length;
  const known = placeholders.get(width) ?? [];
  placeholders.set(width, known);
  while (known.length < rows) known.push(rowOf(known.length * width, width));
  const some = known.length === rows ? known : known.slice(0, rows);
  return `INSERT INTO ${table} (${columns.join(',')}) VALUES ${some.join(',')} ${suffix}`;
}

function rowOf(before: number, width: number): string {
  const parameters = Array.from({ length: width }, (_, column) => `$${before + column + 1}`);
  return `(${parameters.join(',')})`;
}

/** The name in the database of a column as it is named in code. */
export function columnName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
