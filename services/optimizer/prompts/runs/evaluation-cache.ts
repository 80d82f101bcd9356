import * as z from 'zod';
import type { Database } from '#shared/database/connect.ts';
import { readEvaluations, writeEvaluationIfNew } from '#shared/database/prompts/evaluation-entries.ts';
import type { CacheEntry, EvaluationCache } from '../contract/search-ports.ts';

/**
 * In the order in which a search writes them: PostgreSQL keeps members in an order of its own, and a resumed search has
 * to be told the very bytes that it was told before.
 */
const scoredSchema = z.object({
  status: z.literal('scored'),
  score: z.number(),
  output: z.string(),
  reason: z.string(),
  failed: z.array(z.string()),
});
const answeredSchema = z.object({ status: z.literal('answered'), text: z.string() });
const entrySchema = z.object({
  value: z.discriminatedUnion('status', [scoredSchema, answeredSchema]),
  judgeCalls: z.number(),
  costUsd: z.number(),
  failedAttempts: z.number(),
  searchId: z.string(),
  step: z.number(),
});

/** The evaluation cache of searches, in the table that judges cache their verdicts in. */
export function createEvaluationCache(database: Database, projectId: string): EvaluationCache {
  return {
    async read(keys) {
      const entries = new Map<string, CacheEntry>();
      for (const [key, value] of await readEvaluations(database, projectId, keys)) {
        const entry = entrySchema.safeParse(value);
        if (entry.success) entries.set(key, entry.data);
      }
      return entries;
    },
    write: (key, entry) => writeEvaluationIfNew(database, projectId, key, entrySchema.parse(entry)),
  };
}
