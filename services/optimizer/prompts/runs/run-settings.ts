import * as z from 'zod';

const priceSchema = z.object({
  input: z.number(),
  output: z.number(),
  cacheRead: z.number(),
  cacheWrite: z.number(),
});

const count = z.number().nonnegative();

/** Whose failures a search is to cure: one cluster, in one turn shape, on one model. */
export const searchCellSchema = z.object({
  clusterId: z.string(),
  check: z.string(),
  stage: z.string(),
  expectedVsActual: z.string(),
  turnShape: z.string(),
  model: z.string(),
  failures: count,
  sessions: count,
  judged: z.boolean(),
});

/** All that a search was begun with; a resumed one goes on with the very same. */
export const runSettingsSchema = z.object({
  schema: z.literal(2),
  cell: searchCellSchema,
  options: z.unknown(),
  seed: z.int(),
  /** Chance of calling a prefix better that is not. */
  alpha: z.number(),
  limits: z.object({ taskCalls: count, teacherCalls: count, judgeCalls: count, costUsd: count }),
  stopping: z.object({
    patience: z.int().positive().optional(),
    minScoreThreshold: z.number().optional(),
    minDelta: z.number().optional(),
    maxEvaluations: z.int().positive().optional(),
    wallTimeMsMax: count.optional(),
    costUsdMax: count.optional(),
    flatWindow: z.int().positive().optional(),
  }),
  /** Replays under way at once. */
  slots: z.int().positive(),
  lengthMax: z.int().positive(),
  lengthCost: z.number().nonnegative(),
  scorerSet: z.string(),
  /** By which a judge scores the replays; null for deterministic scorers alone. */
  rubric: z.string().nullable(),
  judgeMostUsd: count,
  teacher: z.string(),
  /** USD per million tokens. */
  price: priceSchema,
  prefixCostMax: z.number(),
  /** How often calls of the cell come. */
  callsPerHour: count,
  author: z.string(),
});

export type SearchCell = z.output<typeof searchCellSchema>;
export type RunSettings = z.output<typeof runSettingsSchema>;
export type TokenPrice = z.output<typeof priceSchema>;

/** What a search was expected to take, shown before it starts. */
export const runPlanSchema = z.object({
  rows: z.object({
    propose: count,
    select: count,
    report: count,
    failing: count,
    passing: count,
    /** Found and left out: of a session that is there, the same again, of a key that has its share. */
    found: count,
    sameSession: count,
    duplicates: count,
    overKeyCap: count,
    notCaptured: count,
  }),
  /** One replay as the stored calls were, and at the most. */
  replayUsd: count,
  replayMostUsd: count,
  /** One candidate on all rows by which candidates are chosen. */
  fullScoreUsd: count,
  /** The fewest replays with which the optimizer can do anything, the report included. */
  floorCalls: count,
  floorUsd: count,
  /** Replays that the budget is expected to last for. */
  taskCalls: count,
  /** What the replays are expected to cost if all of them are needed. */
  expectedUsd: count,
  budgetUsd: count,
  /** True where money binds before the number of calls does. */
  boundByMoney: z.boolean(),
});

export type RunPlan = z.output<typeof runPlanSchema>;
