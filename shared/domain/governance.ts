import * as z from 'zod';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** 0.1 + 0.05 is a little more than 0.15 in floating point, and must not be refused for it. */
const ROUNDING = 1e-9;

const shareSchema = z.number().min(0).max(1);
const alphaSchema = z.number().gt(0).max(0.5);
const durationSchema = z.int().nonnegative();
const priceValueSchema = z.number().nonnegative();

/** USD per million tokens. Cache prices that are absent are charged as plain input. */
const priceSchema = z.strictObject({
  input: priceValueSchema,
  output: priceValueSchema,
  cacheRead: priceValueSchema.optional(),
  cacheWrite: priceValueSchema.optional(),
});

/** What a call may need of a model. */
export const modelFeatureSchema = z.enum(['tools', 'images']);

/**
 * A model that may be served: its exact id at the provider, and the names under which clients may ask for it. Without a
 * price it is served where a person routes to it, and never chosen for being cheap.
 */
export const allowedModelSchema = z.strictObject({
  id: z.string().min(1).max(200),
  provider: z.string().min(1).max(100),
  aliases: z.array(z.string().min(1).max(200)).default([]),
  price: priceSchema.optional(),
  contextTokens: z.int().positive().optional(),
  maxOutputTokens: z.int().positive().optional(),
  reasoningEffort: z.boolean().optional(),
  /** Where the provider keeps data, as the operator names it. */
  region: z.string().min(1).max(100).optional(),
  /** What the model can do; all of it when absent. */
  features: z.array(modelFeatureSchema).optional(),
});

/** What an automatic power may do by itself: nothing, draft for a person, or act. */
const automationModeSchema = z.enum(['off', 'propose', 'automatic']);

/**
 * When a session counts as `flagged`: so many deterministic failures within the time. Such a session may be routed to
 * another model while what its cache is worth there stays below `cacheLossMaxUsd`.
 */
export const escalationSchema = z.strictObject({
  failures: z.int().positive().default(2),
  windowMs: durationSchema.default(10 * MINUTE_MS),
  cacheLossMaxUsd: z.number().nonnegative().default(0.5),
});

/** Size and patience of a rollout. `canary` is a share of sessions; a control arm of equal size runs beside it. */
const rolloutGovernanceSchema = z.strictObject({
  canary: z.number().gt(0).max(0.5).default(0.05),
  minSessions: z.int().positive().default(50),
  minDurationMs: durationSchema.default(4 * HOUR_MS),
  watermarkMs: durationSchema.default(10 * MINUTE_MS),
  maxSessions: z.int().positive().default(5_000),
  maxDurationMs: durationSchema.default(14 * DAY_MS),
});

/**
 * When a session counts as over: after `idleMs` without a call, and for the statistics at the latest `openMaxMs` after
 * its first one, so that one endless session cannot hold up every decision behind it.
 */
const sessionGovernanceSchema = z.strictObject({
  idleMs: durationSchema.default(10 * MINUTE_MS),
  openMaxMs: durationSchema.default(HOUR_MS),
});

/** How slow a model may be; without a limit latency decides nothing. `p95MaxMs`: of whole calls, in a turn shape. */
const latencyGovernanceSchema = z.strictObject({ p95MaxMs: z.int().positive().optional() });

/** Watch over promoted policies: expected false alarms a month over all cells, and what makes an alarm act at once. */
const alarmGovernanceSchema = z.strictObject({
  falseAlarmsPerMonth: z.number().gt(0).default(0.1),
  tolerance: shareSchema.default(0.03),
  immediateDrop: shareSchema.default(0.2),
});

/**
 * Error rates and margins of the tests, in shares of one. `rollBack` bounds the chance of ever rolling back a harmless
 * canary, `promote` that of ever promoting one worse by `nonInferiorityMargin`, `proven` that of calling a model proven
 * that is below the bar less `provenTolerance`.
 */
const errorRatesSchema = z.strictObject({
  rollBack: alphaSchema.default(0.01),
  promote: alphaSchema.default(0.05),
  proven: alphaSchema.default(0.05),
  rollBackTolerance: shareSchema.max(0.5).default(0),
  nonInferiorityMargin: z.number().gt(0).max(0.5).default(0.03),
  provenTolerance: shareSchema.max(0.5).default(0.03),
});

function repeatedName(models: readonly AllowedModel[]): string | undefined {
  const names = models.flatMap((model) => [model.id, ...model.aliases]);
  return names.find((name, index) => names.indexOf(name) !== index);
}

/**
 * What only people may change: which models may be served, how good they must be, and how far the optimizer may go.
 * Durations are milliseconds, shares and qualities run from 0 to 1.
 */
export const governanceSchema = z
  .strictObject({
    models: z.array(allowedModelSchema),
    qualityBar: shareSchema.default(0.8),
    weights: automationModeSchema.default('propose'),
    prefixes: automationModeSchema.default('propose'),
    rollout: rolloutGovernanceSchema.prefault({}),
    exploration: shareSchema.default(0.03),
    bootstrapShare: shareSchema.default(0),
    exposureMax: shareSchema.default(0.15),
    weightStepMax: z.number().gt(0).max(1).default(0.1),
    /** Regions that models may be in; any when empty. A model without a region is in none. */
    residency: z.array(z.string().min(1).max(100)).default([]),
    /** People who must approve what is left to people. */
    approvals: z.int().min(1).max(5).default(1),
    /** Canaries and activations that the optimizer may begin in a day; answers to alarms are not counted. */
    changesPerDay: z.int().min(0).default(24),
    /** How long a change that was rolled back is not tried again by itself; twice as long each time. */
    coolOffMs: durationSchema.default(DAY_MS),
    escalation: escalationSchema.prefault({}),
    session: sessionGovernanceSchema.prefault({}),
    latency: latencyGovernanceSchema.prefault({}),
    alarm: alarmGovernanceSchema.prefault({}),
    alphas: errorRatesSchema.prefault({}),
  })
  .superRefine((governance, context) => {
    const name = repeatedName(governance.models);
    if (name !== undefined) {
      context.addIssue({ code: 'custom', path: ['models'], message: `${name} names two models; names must be unique` });
    }
    const outside = governance.models.find(
      ({ region }) => governance.residency.length > 0 && !governance.residency.includes(region ?? ''),
    );
    if (outside !== undefined) {
      const where = outside.region === undefined ? 'has no region' : `is in ${outside.region}`;
      const message = `${outside.id} ${where}, and residency allows ${governance.residency.join(', ')}`;
      context.addIssue({ code: 'custom', path: ['residency'], message });
    }
    const exposure = governance.rollout.canary + governance.exploration;
    if (exposure > governance.exposureMax + ROUNDING) {
      const message = `rollout.canary + exploration is ${exposure}, more than exposureMax ${governance.exposureMax}`;
      context.addIssue({ code: 'custom', path: ['exposureMax'], message });
    }
    if (governance.rollout.maxSessions < governance.rollout.minSessions) {
      const message = 'is smaller than rollout.minSessions, so that no rollout could ever promote';
      context.addIssue({ code: 'custom', path: ['rollout', 'maxSessions'], message });
    }
    if (governance.rollout.maxDurationMs < governance.rollout.minDurationMs) {
      const message = 'is shorter than rollout.minDuration, so that no rollout could ever promote';
      context.addIssue({ code: 'custom', path: ['rollout', 'maxDurationMs'], message });
    }
  });

export type Governance = z.infer<typeof governanceSchema>;
export type AllowedModel = z.infer<typeof allowedModelSchema>;
export type Escalation = z.infer<typeof escalationSchema>;
export type ModelFeature = z.infer<typeof modelFeatureSchema>;
export type Price = z.infer<typeof priceSchema>;
export type AutomationMode = z.infer<typeof automationModeSchema>;
