import { type TokenCalibration, tokenCalibrationSchema } from '../domain/token-calibration.ts';
import { jsonText } from './columns.ts';
import type { Database } from './connect.ts';

/** What one gateway learned of how a model's tokens are counted. */
export interface StoredCalibration {
  readonly gatewayId: string;
  readonly provider: string;
  readonly model: string;
  readonly calibration: TokenCalibration;
  readonly updatedAt: Date;
}

const ROWS_MAX = 5_000;

/** What all gateways learned, newest first. What another version wrote in another form is left out, and learned anew. */
export async function readTokenCalibrations(database: Database, projectId: string): Promise<StoredCalibration[]> {
  const rows = await database
    .selectFrom('tokenCalibration')
    .select(['gatewayId', 'provider', 'model', 'state', 'updatedAt'])
    .where('projectId', '=', projectId)
    .orderBy('updatedAt', 'desc')
    .limit(ROWS_MAX)
    .execute();
  return rows.flatMap(({ state, ...row }) => {
    const parsed = tokenCalibrationSchema.safeParse(state);
    return parsed.success ? [{ ...row, calibration: parsed.data }] : [];
  });
}

export async function writeTokenCalibrations(
  database: Database,
  gateway: { readonly projectId: string; readonly gatewayId: string },
  calibrations: readonly Omit<StoredCalibration, 'gatewayId'>[],
): Promise<void> {
  if (calibrations.length === 0) return;
  await database
    .insertInto('tokenCalibration')
    .values(
      calibrations.map(({ provider, model, calibration, updatedAt }) => ({
        ...gateway,
        ...{ provider, model, state: jsonText(calibration), updatedAt },
      })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['projectId', 'gatewayId', 'provider', 'model'])
        .doUpdateSet((row) => ({ state: row.ref('excluded.state'), updatedAt: row.ref('excluded.updatedAt') })),
    )
    .execute();
}
