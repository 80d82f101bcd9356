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

function textOf({ table, columns, suffix }: InsertShape, rows: number): string {
  const tuples: string[] = [];
  for (let row = 0, parameter = 1; row < rows; row += 1) {
    let tuple = '';
    for (let column = 0; column < columns.length; column += 1, parameter += 1) {
      tuple += column === 0 ? `$${parameter}` : `,$${parameter}`;
    }
    tuples.push(`(${tuple})`);
  }
  return `INSERT INTO ${table} (${columns.join(',')}) VALUES ${tuples.join(',')} ${suffix}`;
}

/** The name in the database of a column as it is named in code. */
export function columnName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
