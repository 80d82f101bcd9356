import * as z from 'zod';
import { metricSchema } from '#shared/domain/score.ts';

/** Scores taken together, as the API shows them. Moments are ISO 8601 texts in UTC. */
const moment = z.iso.datetime();
const nullableText = z.string().nullable();
const share = z.number().min(0).max(1);

const shareSchema = z.object({
  value: share,
  low: share,
  high: share,
  /** Independent observations that the interval is worth. */
  effectiveN: z.number(),
  n: z.number(),
  sessions: z.number(),
  undecided: z.number(),
});

export const scoreSummarySchema = z.object({
  metric: metricSchema,
  scorer: z.string(),
  since: moment,
  until: moment,
  rows: z.array(shareSchema.extend({ group: z.record(z.string(), nullableText), from: moment.nullable() })),
});

export const scorecardSchema = z.object({
  since: moment,
  until: moment,
  rows: z.array(
    z.object({
      provider: nullableText,
      model: nullableText,
      toolUse: shareSchema,
      fidelity: shareSchema.nullable(),
      taskCompletion: shareSchema.nullable(),
      faults: z.array(z.object({ scorer: z.string(), calls: z.number(), share })),
    }),
  ),
});

const effortSchema = z.object({
  calls: z.number(),
  tokens: z.number(),
  redundantReads: z.number(),
  repeatedCalls: z.number(),
  failedCalls: z.number(),
  wastedCalls: z.number(),
});

const partScoreSchema = z.object({
  metric: z.string(),
  scorer: z.string(),
  status: z.string(),
  value: z.number().nullable(),
  explanation: nullableText,
});

const agentScoresSchema = z.object({
  agentId: z.string(),
  parentAgentId: nullableText,
  /** 0 for those that the session itself started; agents follow the one that started them. */
  depth: z.number(),
  effort: effortSchema,
  effortWithAgents: effortSchema,
  scores: z.array(partScoreSchema),
});

export const sessionScoresSchema = z.object({
  sessionId: z.string(),
  quality: z.number().nullable(),
  closedAt: moment.nullable(),
  turnShape: z.string(),
  effort: effortSchema.nullable(),
  scores: z.array(partScoreSchema),
  agents: z.array(agentScoresSchema),
});
