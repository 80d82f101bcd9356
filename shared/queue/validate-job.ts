import { type JobDataOf, jobSchemaOf } from './jobs.ts';
import { INGEST_QUEUE, type QueueName } from './names.ts';
import { INGEST_PAYLOAD_BYTES_MAX, INTERNAL_PAYLOAD_BYTES_MAX, JOB_ID_LENGTH_MAX } from './queue-limits.ts';

export type JobValidation<Data> =
  | { readonly valid: true; readonly data: Data }
  | { readonly valid: false; readonly reason: string };

/** Printable ASCII without the colon, which BullMQ builds its keys with. */
const JOB_ID = /^[\x21-\x39\x3b-\x7e]+$/;
const DIGITS_ONLY = /^\d+$/;

/**
 * Says whether both stores would take the job, before it can spoil the batch it travels in. `data` is the payload to
 * send: what its schema knows and nothing else.
 */
export function validateJob<Name extends QueueName>(
  queueName: Name,
  job: { readonly id: string; readonly data: unknown },
): JobValidation<JobDataOf<Name>> {
  if (job.id.length > JOB_ID_LENGTH_MAX) return invalid(`job id is longer than ${JOB_ID_LENGTH_MAX} characters`);
  if (!JOB_ID.test(job.id)) return invalid('job id must be printable ASCII without a colon');
  if (DIGITS_ONLY.test(job.id)) return invalid('job id must not be digits only, BullMQ keeps those for itself');
  const parsed = jobSchemaOf(queueName).safeParse(job.data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return invalid(`payload of ${queueName}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is invalid'}`);
  }
  const bytes = Buffer.byteLength(JSON.stringify(parsed.data));
  const bytesMax = payloadBytesMax(queueName);
  if (bytes > bytesMax) return invalid(`payload of ${queueName} has ${bytes} bytes, ${bytesMax} are allowed`);
  return { valid: true, data: parsed.data };
}

function payloadBytesMax(queueName: QueueName): number {
  return queueName === INGEST_QUEUE ? INGEST_PAYLOAD_BYTES_MAX : INTERNAL_PAYLOAD_BYTES_MAX;
}

function invalid(reason: string): { readonly valid: false; readonly reason: string } {
  return { valid: false, reason };
}
