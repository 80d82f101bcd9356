import * as z from 'zod';
import type { AutomationMode } from '#shared/domain/governance.ts';
import { judgeDriftSchema } from './cycle-checkpoint.ts';
import { latencySchema } from './evidence/estimate-latency.ts';

const moment = z.iso.datetime();
const automationModeSchema = z.enum(['off', 'propose', 'automatic'] satisfies AutomationMode[]);

/** The answer to "is it doing anything?". */
export const systemStatusSchema = z.object({
  projectId: z.string(),
  paused: z.boolean(),
  pinnedPolicy: z.string().nullable(),
  /** Who stopped it, and why; null when nobody did. */
  stoppedBy: z.object({ actor: z.string(), reason: z.string(), since: moment }).nullable(),
  modes: z.object({ weights: automationModeSchema, prefixes: automationModeSchema }).nullable(),
  qualityBar: z.number().nullable(),
  judges: z.object({
    on: z.boolean(),
    names: z.array(z.string()),
    /** Those that are or were away from their anchors: sessions that they had a say in then are held. */
    drifts: z.array(judgeDriftSchema),
  }),
  pointer: z
    .object({
      stable: z.string(),
      stableNumber: z.number().nullable(),
      canary: z.string().nullable(),
      epoch: z.number(),
      revoked: z.array(z.string()),
      updatedAt: moment,
    })
    .nullable(),
  rollout: z
    .object({
      rolloutId: z.string(),
      number: z.number(),
      kind: z.string(),
      candidate: z.string(),
      openedAt: moment,
      pairs: z.number(),
      pairsNeeded: z.number(),
      pairsMax: z.number(),
      text: z.string().nullable(),
    })
    .nullable(),
  alarms: z.object({ watching: z.number(), raised: z.number() }),
  shapes: z.array(
    z.object({
      turnShape: z.string(),
      sessions: z.number(),
      scored: z.number(),
      open: z.number(),
      /** Why the shape is served as it is: a reason of the routing proposal, or `no_scored_sessions`. */
      reason: z.string(),
      currentModel: z.string().nullable(),
      /** Why sessions of the shape are held, in words; null where none are. */
      held: z.string().nullable(),
      models: z.array(
        z.object({
          model: z.string(),
          sessions: z.number(),
          sessionsNeeded: z.number().nullable(),
          verdict: z.string(),
          mean: z.number().nullable(),
          lower: z.number(),
          upper: z.number(),
          expectedCostUsd: z.number().nullable(),
          /** Mean quality weighed by the chances that its sessions had of the model. */
          weighed: z
            .object({ value: z.number(), low: z.number(), high: z.number(), effectiveN: z.number() })
            .nullable(),
          latency: latencySchema,
          /** Sessions held because of a judge's drift. */
          heldSessions: z.number(),
        }),
      ),
    }),
  ),
  nextNightly: moment.nullable(),
  lastRun: z
    .object({
      runId: z.string(),
      job: z.string(),
      status: z.string(),
      finishedAt: moment.nullable(),
      /** What routing and prefix search came to, with a machine-readable reason when nothing was proposed. */
      routing: z.unknown(),
      prefix: z.unknown(),
    })
    .nullable(),
  gateways: z.array(
    z.object({
      gatewayId: z.string(),
      epoch: z.number().nullable(),
      current: z.boolean(),
      seenAt: moment,
      lastError: z.string().nullable(),
      spoolPending: z.number(),
    }),
  ),
});

export type SystemStatus = z.infer<typeof systemStatusSchema>;
