import * as z from 'zod';
import { faultOwnerSchema, metricSchema, severitySchema } from '../domain/score.ts';

/** Like the names of packages: a namespace of the operator's, so that no scorer of ours ever takes the name. */
export const customScorerIdSchema = z
  .string()
  .max(100)
  .regex(/^[a-z0-9][a-z0-9._-]*\/[a-z0-9][a-z0-9._-]*$/, 'expected <namespace>/<name>, like acme/no-force-push');

const HTTP_TIMEOUT_MS = 2_000;
const HTTP_TIMEOUT_MS_MAX = 30_000;

/** A scorer that another process runs: it is sent the subject and answers with an outcome. */
export const httpScorerSchema = z.strictObject({
  id: customScorerIdSchema,
  url: z.url({ protocol: /^https?$/, error: 'expected an address that starts with http:// or https://' }),
  version: z.string().min(1).max(40).default('1'),
  metric: metricSchema.default('toolUse'),
  pass: z.enum(['call', 'outcome']).default('call'),
  owner: faultOwnerSchema.default('provider'),
  severity: severitySchema.default('warning'),
  definition: z.string().max(500).default(''),
  timeoutMs: z.number().int().positive().max(HTTP_TIMEOUT_MS_MAX).default(HTTP_TIMEOUT_MS),
  /** `private` allows an address that is not public. */
  network: z.enum(['public', 'private']).default('public'),
  /** Signs what is sent; a reference to the environment. */
  secret: z.string().optional(),
});

/** How scorer files are run, and what the quality of a session is made of. */
export const scoringSchema = z.strictObject({
  /** Where scorer files are; `scorers.d` in the data folder when absent. */
  scorersFolder: z.string().optional(),
  /** For one verdict of a scorer file. */
  scorerTimeoutMs: z.number().int().positive().max(60_000).default(1_000),
  /** Heap of the thread that one scorer file runs in. */
  scorerMemoryMb: z.number().int().min(8).max(4_096).default(64),
  /** Lets the efficiency of a session count in its quality, and so in weights. */
  efficiencyInQuality: z.boolean().default(false),
});

export type HttpScorerConfig = z.output<typeof httpScorerSchema>;
