import type { Database } from './connect.ts';

/** Dollars per million tokens of one model, under the version that a call carries. */
export interface StoredPrice {
  readonly model: string;
  readonly priceVersion: string;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheCreation: number;
}

/** The newest price of every model of a project. */
export async function readPrices(database: Database, projectId: string): Promise<StoredPrice[]> {
  const rows = await database
    .selectFrom('price')
    .distinctOn('model')
    .select([
      'model',
      'priceVersion',
      'inputPerMillion',
      'outputPerMillion',
      'cacheReadPerMillion',
      'cacheWritePerMillion',
    ])
    .where('projectId', '=', projectId)
    .orderBy('model')
    .orderBy('validFrom', 'desc')
    .execute();
  return rows.map((row) => ({
    model: row.model,
    priceVersion: row.priceVersion,
    input: row.inputPerMillion,
    output: row.outputPerMillion,
    cacheRead: row.cacheReadPerMillion,
    cacheCreation: row.cacheWritePerMillion,
  }));
}
