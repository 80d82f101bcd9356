import {
  type CalibrationFigure,
  calibrationFigure,
  mergeCalibrations,
  type TokenCalibration,
  tokenCalibrationSchema,
} from '../domain/token-calibration.ts';
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

/** How one model's token counts differ from ours, over all gateways. */
export interface ModelTokens {
  readonly provider: string;
  readonly model: string;
  /** Gateways that learned something of it. */
  readonly gateways: number;
  readonly updatedAt: Date | null;
  readonly estimate: CalibrationFigure;
  readonly prompt: CalibrationFigure;
  readonly growth: CalibrationFigure;
  readonly answer: CalibrationFigure;
}

/** Every model that is allowed or was learned of, by provider and model. */
export async function listModelTokens(database: Database, projectId: string): Promise<ModelTokens[]> {
  const allowed = await database
    .selectFrom('allowedModel')
    .select(['provider', 'model'])
    .distinct()
    .where('projectId', '=', projectId)
    .limit(ROWS_MAX)
    .execute();
  const stored = await readTokenCalibrations(database, projectId);
  const keyOf = ({ provider, model }: { provider: string; model: string }) => JSON.stringify([provider, model]);
  const learned = Map.groupBy(stored, keyOf);
  const models = new Map([...allowed, ...stored].map((row) => [keyOf(row), row]));
  return [...models]
    .map(([key, { provider, model }]) => modelTokens({ provider, model }, learned.get(key) ?? []))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function modelTokens(
  counter: Pick<ModelTokens, 'provider' | 'model'>,
  rows: readonly StoredCalibration[],
): ModelTokens {
  const { estimate, prompt, growth, answer } = mergeCalibrations(rows.map(({ calibration }) => calibration));
  return {
    ...counter,
    gateways: rows.length,
    updatedAt: rows[0]?.updatedAt ?? null,
    estimate: calibrationFigure(estimate),
    prompt: calibrationFigure(prompt),
    growth: calibrationFigure(growth),
    answer: calibrationFigure(answer),
  };
}
