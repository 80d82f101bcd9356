import * as z from 'zod';
import {
  clusterAttributionSchema,
  clusterNameSourceSchema,
  clusterStatusSchema,
  clusterTrendSchema,
} from '#shared/domain/failure-cluster.ts';
import { severitySchema } from '#shared/domain/score.ts';

/** Clusters as the API shows them. Moments are ISO 8601 texts in UTC. */
const moment = z.iso.datetime();
const nullableText = z.string().nullable();
const nullableNumber = z.number().nullable();

export const clusterSchema = z.object({
  clusterId: z.uuid(),
  slug: z.string(),
  title: z.string(),
  status: clusterStatusSchema,
  statusSince: moment,
  severity: severitySchema,
  stage: z.string(),
  check: z.string(),
  prefixFixable: z.boolean(),
  firstSeen: moment,
  lastSeen: moment,
  eventCount: z.number(),
  sessionCount: z.number(),
  /** Failures of the last 24 hours. */
  recentCount: z.number(),
  trend: clusterTrendSchema,
  /** Newly failing sessions per eligible call, of the last day and of the week before it. */
  recentRate: nullableNumber,
  baselineRate: nullableNumber,
  assignee: nullableText,
  labels: z.array(z.string()),
});

export const clusterItemSchema = clusterSchema.extend({
  /** Failures per hour, oldest first; the last is the hour that runs. */
  sparkline: z.array(z.number()),
});

export const clusterCallSchema = z.object({
  callId: z.uuid(),
  sessionId: z.string(),
  scorer: z.string(),
  pass: z.string(),
  templateId: z.uuid(),
  provider: nullableText,
  model: nullableText,
  prefixId: nullableText,
  policyId: nullableText,
  turnShape: z.string(),
  tool: nullableText,
  severity: nullableText,
  happenedAt: moment,
});

const exampleSchema = z.object({
  /** Typical of it, last of it, or only just of it. */
  role: z.enum(['medoid', 'newest', 'edge']),
  callId: z.uuid(),
  sessionId: z.string(),
  templateId: z.uuid(),
  provider: nullableText,
  model: nullableText,
  happenedAt: moment,
});

export const clusterDetailSchema = clusterSchema.extend({
  nameSource: clusterNameSourceSchema,
  rubric: nullableText,
  suspectedLayer: nullableText,
  statusReason: nullableText,
  resolvedAt: moment.nullable(),
  resolvedByPolicy: nullableText,
  eValue: nullableNumber,
  sparkline: z.array(z.number()),
  templates: z.array(
    z.object({
      templateId: z.uuid(),
      turnShape: z.string(),
      expectedVsActual: z.string(),
      template: z.string(),
      eventCount: z.number(),
      source: z.string(),
      score: nullableNumber,
      isTentative: z.boolean(),
    }),
  ),
  dimensions: z.array(
    z.object({
      dimension: z.string(),
      value: z.string(),
      events: z.number(),
      firstSeen: moment,
      lastSeen: moment,
      calls: nullableNumber,
      rate: nullableNumber,
    }),
  ),
  attribution: z.array(clusterAttributionSchema),
  policies: z.array(
    z.object({
      policyId: z.string(),
      number: z.number(),
      createdAt: moment,
      events: z.number(),
      calls: z.number(),
      rate: nullableNumber,
    }),
  ),
  claims: z.array(
    z.object({
      policyId: z.string(),
      number: nullableNumber,
      kind: z.string(),
      claimedBy: z.string(),
      claimedAt: moment,
      rateBefore: nullableNumber,
      rateAfter: nullableNumber,
    }),
  ),
  lineage: z.array(
    z.object({
      operation: z.string(),
      parentId: z.uuid(),
      childId: z.uuid(),
      eventCount: z.number(),
      actor: z.string(),
      happenedAt: moment,
    }),
  ),
  /** For operators only: they may quote what was said. */
  comments: z.array(z.object({ commentId: z.uuid(), author: z.string(), body: z.string(), createdAt: moment })),
  examples: z.array(exampleSchema),
});

export const clusterChangeSchema = z.object({
  changeId: z.uuid(),
  runId: z.uuid().nullable(),
  status: z.string(),
  movedShare: z.number(),
  clusters: z.number(),
  merges: z.number(),
  splits: z.number(),
  createdAt: moment,
  decidedAt: moment.nullable(),
  decidedBy: nullableText,
});
