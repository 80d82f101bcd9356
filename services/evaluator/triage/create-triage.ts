import { readTriageModel } from '#shared/database/calibration-store.ts';
import type { Database } from '#shared/database/connect.ts';
import { readSpentToday } from '#shared/database/judge-spend.ts';
import { budgetPressure } from './judging-share.ts';
import { SHIPPED_TRIAGE_MODEL } from './shipped-triage-model.ts';
import { type TriageModel, triageModelSchema } from './triage-model.ts';

/** Triage as scoring uses it: a model, and how fast money for judging goes. */
export interface Triage {
  /** The weights of a project: fitted on its own labels, or those that we ship. */
  model(projectId: string): Promise<TriageModel>;
  /** See `budgetPressure`; 0 without a judge. */
  pressure(projectId: string): Promise<number>;
}

export interface TriageDeps {
  readonly database: Database;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Budgets of the judges by `provider/model`. */
  readonly budgets: ReadonlyMap<string, number>;
}

const MODEL_KEPT_MS = 600_000;
const PRESSURE_KEPT_MS = 10_000;

/** Reads both from the database, and remembers them for a while: every call of a project asks for them. */
export function createTriage({ database, now, budgets }: TriageDeps): Triage {
  const totalUsd = [...budgets.values()].reduce((sum, budget) => sum + budget, 0);
  const model = remembering(now, MODEL_KEPT_MS, async (projectId) => {
    const own = triageModelSchema.safeParse(await readTriageModel(database, projectId));
    return own.success ? own.data : SHIPPED_TRIAGE_MODEL;
  });
  const pressure = remembering(now, PRESSURE_KEPT_MS, async (projectId) => {
    const day = new Date(now()).toISOString().slice(0, 10);
    return budgetPressure(await readSpentToday(database, projectId, day, [...budgets.keys()]), totalUsd, now());
  });
  return { model, pressure: async (projectId) => (budgets.size === 0 ? 0 : await pressure(projectId)) };
}

function remembering<Value>(
  now: () => number,
  keptMs: number,
  read: (projectId: string) => Promise<Value>,
): (projectId: string) => Promise<Value> {
  const known = new Map<string, { readonly value: Value; readonly until: number }>();
  return async (projectId) => {
    const found = known.get(projectId);
    if (found !== undefined && found.until > now()) return found.value;
    const value = await read(projectId);
    known.set(projectId, { value, until: now() + keptMs });
    return value;
  };
}
