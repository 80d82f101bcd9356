import * as z from 'zod';
import {
  CANARY_QUEUE,
  INGEST_QUEUE,
  isJudgeQueueName,
  type QueueName,
  REPLAY_QUEUE,
  SCORE_QUEUE,
  SESSION_QUEUE,
} from './names.ts';

/**
 * Printable ASCII. PostgreSQL refuses NUL and lone surrogates in JSON, and one such string would reject the whole
 * batch it travels in.
 */
const asciiId = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable ASCII characters');

/** Session ids are the client's own words; what both stores can hold is let through. */
const storableText = z
  .string()
  .min(1)
  .max(512)
  .refine((text) => text.isWellFormed() && !text.includes('\u0000'), 'must be free of NUL and lone surrogates');

/** Base64, or JSON whose non-ASCII characters are escaped. */
const asciiText = z
  .string()
  .min(1)
  .refine((text) => /^[\t\n\r\x20-\x7e]*$/.test(text), 'must be ASCII: base64 of zstd JSON, or ASCII-escaped JSON');

const version = z.literal(1);

const scoreJobSchema = z.object({
  v: version,
  projectId: asciiId,
  callId: z.uuid(),
  pass: z.enum(['call', 'outcome']),
});

const sessionJobSchema = z.object({ v: version, projectId: asciiId, sessionId: storableText });

const judgeJobSchema = z.object({
  v: version,
  projectId: asciiId,
  subjectType: z.enum(['call', 'session']),
  subjectId: storableText,
  rubric: asciiId,
  rubricVersion: asciiId,
  sample: z.number().int().nonnegative(),
  /** With what probability the subject was chosen for judging; it may depend on the hour. 1 when absent. */
  samplingProbability: z.number().gt(0).max(1).optional(),
});

/** What to replay is a table row: the prefix and the target are too large and too private for a queue. */
const replayJobSchema = z.object({ v: version, projectId: asciiId, replayId: asciiId });

const canaryJobSchema = z.object({ v: version, probeId: asciiId });

/** The public envelope. `record` is the call record as base64 of zstd JSON, or as ASCII-escaped JSON. */
export const ingestJobSchema = z.object({ v: version, callId: asciiId, record: asciiText });

export type ScoreJob = z.infer<typeof scoreJobSchema>;
export type SessionJob = z.infer<typeof sessionJobSchema>;
export type JudgeJob = z.infer<typeof judgeJobSchema>;
export type ReplayJob = z.infer<typeof replayJobSchema>;
export type CanaryJob = z.infer<typeof canaryJobSchema>;
export type IngestJob = z.infer<typeof ingestJobSchema>;

/** The payload that travels on a queue. */
export type JobDataOf<Name extends QueueName> = Name extends typeof INGEST_QUEUE
  ? IngestJob
  : Name extends typeof SCORE_QUEUE
    ? ScoreJob
    : Name extends typeof SESSION_QUEUE
      ? SessionJob
      : Name extends typeof REPLAY_QUEUE
        ? ReplayJob
        : Name extends typeof CANARY_QUEUE
          ? CanaryJob
          : JudgeJob;

const SCHEMA_OF_QUEUE = {
  [INGEST_QUEUE]: ingestJobSchema,
  [SCORE_QUEUE]: scoreJobSchema,
  [SESSION_QUEUE]: sessionJobSchema,
  [REPLAY_QUEUE]: replayJobSchema,
  [CANARY_QUEUE]: canaryJobSchema,
};

export function jobSchemaOf<Name extends QueueName>(name: Name): z.ZodType<JobDataOf<Name>>;
export function jobSchemaOf(name: QueueName): z.ZodType {
  return isJudgeQueueName(name) ? judgeJobSchema : SCHEMA_OF_QUEUE[name];
}
