import * as z from 'zod';
import { durationSchema } from './duration.ts';

const MEBIBYTE = 1024 * 1024;
const domains = z.array(z.string().min(1).max(253)).max(100).default([]);

/** Where searches go. Brave and Tavily have an address of their own; the others need one. */
const webSearchSchema = z
  .strictObject({
    format: z.enum(['searxng', 'brave', 'tavily', 'generic']),
    url: z.url().optional(),
    apiKey: z.string().optional(),
    /** `private` allows addresses that are not public, as of a SearXNG in the same network. */
    network: z.enum(['public', 'private']).default('public'),
    maxResults: z.number().int().min(1).max(20).default(8),
    timeout: durationSchema.default(10_000),
  })
  .refine(({ format, url }) => url !== undefined || format === 'brave' || format === 'tavily', {
    message: 'needs a url for this format',
    path: ['url'],
  });

/** Pages that a model may read. Only public addresses are ever fetched; this cannot be configured. */
const webFetchSchema = z.strictObject({
  enabled: z.boolean().default(false),
  maxBytes: z
    .number()
    .int()
    .min(1024)
    .max(32 * MEBIBYTE)
    .default(4 * MEBIBYTE),
  timeout: durationSchema.default(15_000),
  allowedDomains: domains,
  blockedDomains: domains,
});

/** Tools that Anthropic's API runs itself, and that the gateway runs for models of other providers. */
export const serverToolsSchema = z.strictObject({
  webSearch: webSearchSchema.optional(),
  webFetch: webFetchSchema.prefault({}),
  /** Requests to the model in one call, after which the turn is paused. */
  maxSteps: z.number().int().min(1).max(25).default(10),
});

export type ServerToolsConfig = z.output<typeof serverToolsSchema>;
export type WebSearchConfig = z.output<typeof webSearchSchema>;
export type WebFetchConfig = z.output<typeof webFetchSchema>;
