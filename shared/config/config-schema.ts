import * as z from 'zod';
import { captureSchema } from '../domain/call.ts';
import { modelFeatureSchema } from '../domain/governance.ts';
import { clustersSchema } from './clusters-schema.ts';
import { durationSchema } from './duration.ts';
import { httpScorerSchema, scoringSchema } from './scoring-schema.ts';
import { serverToolsSchema } from './server-tools-schema.ts';
import { webhooksSchema } from './webhooks-schema.ts';

const mode = z.enum(['off', 'propose', 'automatic']);
const share = z.number().min(0).max(1);
const alpha = z.number().gt(0).max(0.5);

/** Dollars per million tokens. Cache prices default to the input price. */
const priceSchema = z.strictObject({
  input: z.number().nonnegative(),
  output: z.number().nonnegative(),
  cacheRead: z.number().nonnegative().optional(),
  cacheWrite: z.number().nonnegative().optional(),
});

/** Keys of AWS that are not found by its own default chain. Secrets are references to the environment. */
const awsCredentialsSchema = z.strictObject({
  accessKeyId: z.string().optional(),
  secretAccessKey: z.string().optional(),
  sessionToken: z.string().optional(),
  /** Of the shared configuration files, for the default chain. */
  profile: z.string().optional(),
});

/** A service account of Google; without one, the application default credentials are used. */
const googleCredentialsSchema = z.strictObject({
  /** The JSON text of the account's key. */
  serviceAccount: z.string().optional(),
  /** Or the file that it is in. */
  serviceAccountFile: z.string().optional(),
});

export const providerSchema = z.strictObject({
  /** A known provider that this one is another account, region or project of. */
  like: z.string().optional(),
  /** Wire format spoken by the upstream; known providers have one of their own. */
  format: z.enum(['anthropic-messages', 'bedrock-converse', 'openai-chat', 'openai-responses', 'gemini']).optional(),
  baseUrl: z.url().optional(),
  apiKey: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** How the upstream is told who calls; known providers have a way of their own. */
  auth: z.enum(['bearer', 'x-api-key', 'api-key', 'x-goog-api-key', 'aws-sigv4', 'google-oauth', 'none']).optional(),
  /** Cloud that serves Anthropic's own format under paths of its own. */
  hosting: z.enum(['bedrock', 'vertex']).optional(),
  /** `private` allows addresses that are not public: an in-house model is legitimate, and must be named as such. */
  network: z.enum(['public', 'private']).optional(),
  /** Of AWS; for others, where the data is. */
  region: z.string().optional(),
  aws: awsCredentialsSchema.optional(),
  /** Of Google Cloud. */
  projectId: z.string().optional(),
  location: z.string().optional(),
  google: googleCredentialsSchema.optional(),
  /** Of Azure: the name in front of `.openai.azure.com`. */
  resource: z.string().optional(),
  /** Of Azure: a date selects the classic addresses with a deployment in them. */
  apiVersion: z.string().optional(),
  /** Of Azure: deployment names by model id, where they differ. */
  deployments: z.record(z.string(), z.string()).optional(),
  /** Deviations of an OpenAI-compatible server, by name. */
  quirks: z.array(z.string()).default([]),
});

export const modelSchema = z.strictObject({
  id: z.string().min(1),
  provider: z.string().min(1),
  aliases: z.array(z.string()).default([]),
  /** The optimizer looks for the cheapest model that works; an in-house model that costs nothing has zeros. */
  price: priceSchema,
  maxOutputTokens: z.number().int().positive().optional(),
  contextTokens: z.number().int().positive().optional(),
  reasoningEffort: z.boolean().optional(),
  /** What the model can do, where it cannot do all of it. */
  features: z.array(modelFeatureSchema).optional(),
  /** A model id that tells what this one is, where its own does not: an inference profile's ARN, a deployment. */
  family: z.string().optional(),
});

export const routeSchema = z.strictObject({
  id: z.string().optional(),
  match: z
    .strictObject({
      model: z.string().optional(),
      turnShape: z.string().optional(),
      developer: z.string().optional(),
      repo: z.string().optional(),
      /** Sessions in which calls have just failed. */
      flagged: z.boolean().optional(),
    })
    .default({}),
  targets: z.array(z.strictObject({ model: z.string(), weight: z.number().positive() })).min(1),
  fallbacks: z.array(z.string()).default([]),
});

/** What the file may say about governance; every field has a default, so that an empty section is a safe one. */
export const governanceSectionSchema = z.strictObject({
  qualityBar: share.default(0.8),
  weights: mode.default('propose'),
  prefixes: mode.default('propose'),
  rollout: z
    .strictObject({
      canary: share.default(0.05),
      minSessions: z.number().int().positive().default(50),
      minDuration: durationSchema.default(4 * 3_600_000),
      watermark: durationSchema.default(600_000),
      maxSessions: z.number().int().positive().default(5_000),
      maxDuration: durationSchema.default(14 * 86_400_000),
    })
    .prefault({}),
  exploration: share.default(0.03),
  bootstrapShare: share.default(0),
  exposureMax: share.default(0.15),
  session: z
    .strictObject({ idle: durationSchema.default(600_000), openMax: durationSchema.default(3_600_000) })
    .prefault({}),
  /** The most that one change may move a weight. */
  weightStepMax: share.default(0.1),
  /** Regions of providers that may serve; any when empty. */
  residency: z.array(z.string()).default([]),
  /** People who must approve a policy that is not taken automatically. */
  approvals: z.number().int().min(1).max(5).default(1),
  /** What the optimizer may begin by itself in a day; answers to alarms are not counted. */
  changesPerDay: z.number().int().min(0).default(24),
  /** How long a change that was rolled back is left alone; twice as long each time. */
  coolOff: durationSchema.default(86_400_000),
  /** When a session is `flagged`, and what its cache may be worth to be left. */
  escalation: z
    .strictObject({
      failures: z.number().int().positive().default(2),
      window: durationSchema.default(600_000),
      cacheLossMaxUsd: z.number().nonnegative().default(0.5),
    })
    .prefault({}),
  /** A model whose calls are provably slower in a turn shape, by their p95, is no candidate for it. No limit by default. */
  latency: z.strictObject({ p95Max: durationSchema.optional() }).prefault({}),
  /** `falseAlarmsPerMonth`: how many the operator accepts, over all watched cells together. */
  alarm: z
    .strictObject({
      falseAlarmsPerMonth: z.number().positive().default(0.1),
      tolerance: share.default(0.03),
      immediateDrop: share.default(0.2),
    })
    .prefault({}),
  /** Error rates and margins of the statistical tests. */
  alphas: z
    .strictObject({
      rollBack: alpha.default(0.01),
      promote: alpha.default(0.05),
      proven: alpha.default(0.05),
      rollBackTolerance: share.default(0),
      nonInferiorityMargin: alpha.default(0.03),
      provenTolerance: share.default(0.03),
    })
    .prefault({}),
});

/** A time for which something is kept; `never` drops nothing. */
const keptSchema = z.union([z.literal('never').transform(() => null), durationSchema]);

/** Queues of other gateways whose calls are scored here: their Redis, not ours. */
const ingestSchema = z.strictObject({
  redis: z.url({ protocol: /^rediss?$/, error: 'expected an address that starts with redis:// or rediss://' }),
  queue: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,128}$/, 'a queue name is of letters, digits, dots and dashes')
    .default('trimtab-ingest'),
});

export const judgeSchema = z.strictObject({
  provider: z.string(),
  model: z.string(),
  /** Of a judge that is not on the allow-list; one that is has its price there. */
  price: priceSchema.optional(),
  dailyBudgetUsd: z.number().nonnegative().default(20),
  /** Requests that all evaluators together send to it in a minute; no limit of ours when absent. */
  requestsPerMinute: z.number().int().positive().optional(),
  /** Share of calls judged for tool use; sessions are always judged for task completion while the budget lasts. */
  callShare: share.default(1),
  /**
   * `gate`: its verdicts move weights once labels show that it can be trusted; until there are enough of them only
   * through proposals that a person takes. `always`: they count as they are.
   */
  trust: z.enum(['gate', 'always']).default('gate'),
});

/**
 * `trimtab.yaml`, parsed. Durations are milliseconds from here on. Unknown keys are errors: a misspelt safety setting
 * must not pass for its default.
 */
export const configSchema = z.strictObject({
  project: z.string().default('default'),
  providers: z.record(z.string(), providerSchema).default({}),
  models: z.array(modelSchema).default([]),
  routes: z.array(routeSchema).default([]),
  governance: governanceSectionSchema.prefault({}),
  judges: z.array(judgeSchema).default([]),
  /** Scorers of the operator's own that answer over HTTP; those in files need no entry. */
  scorers: z.array(httpScorerSchema).default([]),
  scoring: scoringSchema.prefault({}),
  /** Writes candidate prefixes; the first judge does when it is absent. */
  teacher: z.strictObject({ provider: z.string(), model: z.string(), price: priceSchema.optional() }).optional(),
  capture: captureSchema.default('full'),
  /** How long content, and calls with their scores, are kept; whole weeks go. */
  retention: z
    .strictObject({
      content: keptSchema.default(30 * 86_400_000),
      calls: keptSchema.default(180 * 86_400_000),
    })
    .prefault({}),
  ingest: z.array(ingestSchema).default([]),
  serverTools: serverToolsSchema.prefault({}),
  /** How failures are grouped and named. */
  clusters: clustersSchema.prefault({}),
  /** Who is told of new and worse failures, rollbacks and alarms. */
  webhooks: webhooksSchema.default([]),
  gateway: z
    .strictObject({
      connectTimeout: durationSchema.default(5_000),
      firstByteTimeout: durationSchema.default(600_000),
      idleTimeout: durationSchema.default(120_000),
      /** From the sent request to the end of its answer: an upstream that trickles is never idle. */
      totalTimeout: durationSchema.default(3_600_000),
      pingInterval: durationSchema.default(15_000),
      retryAfterMax: durationSchema.default(5_000),
      sessionHeader: z.string().optional(),
      bodyLimitMb: z.number().positive().default(32),
      /** Disk for calls that wait for the database. */
      spoolLimitMb: z.number().positive().default(1_024),
      /** With a full spool calls are served and not kept, and counted; or they are refused with 503. */
      spoolFull: z.enum(['drop-newest', 'refuse']).default('drop-newest'),
    })
    .prefault({}),
  optimizer: z
    .strictObject({
      nightly: z.string().default('0 3 * * *'),
      /** How often the controller looks at new failures, rollouts and alarms. */
      controllerInterval: durationSchema.default(10_000),
      minClusterSessions: z.number().int().positive().default(2),
      /** Stored calls that one search replays, failing and passing ones together; two fifths of them are for the last test. */
      replayCalls: z.number().int().positive().max(500).default(60),
      /** What searches may cost in a night, task, teacher and judge calls together. */
      promptBudgetUsd: z.number().nonnegative().default(5),
      /** Which of the prompt optimizers the nightly run uses; one of ours, or the name of a file of the operator's. */
      promptOptimizer: z
        .string()
        .regex(/^[a-z][a-z0-9-]{0,40}$/, 'expected a name like gepa')
        .default('gepa'),
      /** Where optimizers of the operator's own are; `optimizers.d` in the data folder when absent. */
      optimizersFolder: z.string().optional(),
      /** Clusters that one night's budget is split among at most. */
      promptClusters: z.number().int().positive().max(20).default(3),
      /** Replays that one evaluator has under way at once. */
      replaySlots: z.number().int().positive().max(64).default(4),
      /** Replays that all evaluators together send to one provider in a minute; no limit of ours when absent. */
      replaysPerMinute: z.number().int().positive().optional(),
      /** What a prefix may add to the cost of a call, as a share of it. */
      prefixCostMax: share.default(0.1),
    })
    .prefault({}),
});

export type TrimtabConfig = z.output<typeof configSchema>;
export type ProviderConfig = z.output<typeof providerSchema>;
export type ModelConfig = z.output<typeof modelSchema>;
export type RouteConfig = z.output<typeof routeSchema>;
export type JudgeConfig = z.output<typeof judgeSchema>;
