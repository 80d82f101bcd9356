import * as z from 'zod';
import { judgeDetailsSchema } from './judge-details.ts';

/** `efficiency`, `fidelity` and `triage` are worth knowing; none of them says that a model did its work. */
export const metricSchema = z.enum(['toolUse', 'taskCompletion', 'code', 'fidelity', 'efficiency', 'triage']);
export const scoreStatusSchema = z.enum(['scored', 'abstained', 'judge_error']);
export const scoreOutcomeSchema = z.enum(['pass', 'fail', 'not_applicable', 'unknown']);
export const faultOwnerSchema = z.enum(['client', 'gateway', 'provider', 'tool']);
export const severitySchema = z.enum(['fatal', 'error', 'warning', 'info']);
export const scorePassSchema = z.enum(['call', 'outcome', 'session']);

/** Where in the call the verdict rests: a JSON pointer, and a short verbatim quote where one helps. */
export const evidenceSchema = z.object({ pointer: z.string(), quote: z.string().max(300).optional() });

/**
 * One verdict on a call, a session, or a sub-agent of one (whose `subjectId` is `<sessionId>/<agentId>`). `value` is 0..1
 * or null; an error is never a zero and never a pass.
 * Unique together: subjectType, subjectId, scorer, scorerVersion, pass, sample.
 */
export const scoreSchema = z.object({
  projectId: z.string(),
  callId: z.uuid(),
  subjectType: z.enum(['call', 'session', 'agent']),
  subjectId: z.string(),
  scorer: z.string(),
  scorerVersion: z.string(),
  pass: scorePassSchema,
  sample: z.number().int().nonnegative(),
  metric: metricSchema,
  status: scoreStatusSchema,
  outcome: scoreOutcomeSchema,
  value: z.number().min(0).max(1).nullable(),
  owner: faultOwnerSchema.nullable(),
  severity: severitySchema.nullable(),
  confidence: z.number().min(0).max(1).nullable(),
  samplingProbability: z.number().gt(0).max(1),
  evidence: z.array(evidenceSchema),
  explanation: z.string().max(2000).nullable(),
  judge: z.object({ model: z.string(), promptHash: z.string(), details: judgeDetailsSchema.optional() }).nullable(),
  costUsd: z.number().nonnegative(),
});

export type Score = z.infer<typeof scoreSchema>;
export type Metric = z.infer<typeof metricSchema>;
export type ScoreOutcome = z.infer<typeof scoreOutcomeSchema>;
export type FaultOwner = z.infer<typeof faultOwnerSchema>;
export type Severity = z.infer<typeof severitySchema>;
export type Evidence = z.infer<typeof evidenceSchema>;
