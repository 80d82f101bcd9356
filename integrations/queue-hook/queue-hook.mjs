import { Queue } from 'bullmq';
import { encodeRecord } from './encode-record.mjs';

export { encodeRecord } from './encode-record.mjs';
export { followPolicies } from './follow-policies.mjs';

/** The public queue. */
export const QUEUE_NAME = 'trimtab-ingest';

/** A record above this is refused by the other side. */
const RECORD_CHARACTERS_MAX = 8 * 1024 * 1024 - 1024;
const CALL_ID_CHARACTERS_MAX = 200;
/** Calls that are kept in memory while Redis does not answer; then the oldest is given up. */
const WAITING_MAX = 1000;
const RETRY_MS = 1000;
/** A command that Redis does not answer is given up, and tried again: ids make that harmless. */
const COMMAND_TIMEOUT_MS = 5000;

/**
 * One finished call; the full schema is served at `/schemas/queue-hook.v1.json`.
 *
 * @typedef {object} HookRecord
 * @property {number} startedAt Unix milliseconds
 * @property {number} durationMs
 * @property {number} [timeToFirstChunkMs]
 * @property {string} [sessionId] the conversation; without it, the call cannot take part in a rollout
 * @property {string} [agentId]
 * @property {string} [parentAgentId]
 * @property {string} [developer]
 * @property {string} [repo]
 * @property {'anthropic-messages' | 'openai-chat' | 'openai-responses'} clientFormat
 * @property {'anthropic-messages' | 'bedrock-converse' | 'openai-chat' | 'openai-responses' | 'gemini'} [upstreamFormat]
 * @property {string} [provider]
 * @property {string} [model] the model that the call was sent to
 * @property {string} [responseModel]
 * @property {Record<string, unknown>} request the body that the client sent
 * @property {Record<string, unknown>} [response] the body that the client got, whole
 * @property {string} [upstreamReply] the provider's raw reply, JSON or server-sent events
 * @property {boolean} [streamed]
 * @property {'ok' | 'client_cancelled' | 'upstream_error' | 'incomplete'} [status]
 * @property {string} [errorType]
 * @property {{ inputTokens: number, outputTokens: number, cacheReadInputTokens?: number, cacheCreationInputTokens?: number, reasoningOutputTokens?: number }} [usage]
 * @property {number} [costUsd]
 * @property {{ policyId: string, epoch: number, ruleId?: string, prefixId?: string, rolloutId?: string, variant?: 'canary' | 'control' | 'exploration' | 'stable', propensity?: number }} [policy]
 */

/**
 * @typedef {object} QueueHook
 * @property {(callId: string, record: HookRecord) => boolean} emit never waits and never throws; false when the call is
 *   not taken, because it is too large or too many wait
 * @property {() => { waiting: number, sent: number, dropped: number }} stats
 * @property {(timeoutMs?: number) => Promise<void>} close sends what waits, for at most this long
 */

/**
 * Reports finished calls to Trimtab through a BullMQ queue. Calls are kept in memory while Redis does not answer, up to
 * a bound; the request path of the gateway that uses it is never held up.
 *
 * @param {{ connection: import('bullmq').ConnectionOptions, queue?: string, onError?: (error: Error) => void }} options
 * @returns {QueueHook}
 */
export function createQueueHook({ connection, queue: name = QUEUE_NAME, onError = () => undefined }) {
  const queue = new Queue(name, { connection });
  queue.on('error', onError);
  /** @type {{ name: string, data: object, opts: object }[]} */
  let waiting = [];
  const counts = { sent: 0, dropped: 0 };
  /** @type {Promise<void> | null} */
  let sending = null;
  let isClosed = false;

  async function sendAll() {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, 100);
      try {
        await within(queue.addBulk(batch), COMMAND_TIMEOUT_MS);
        const added = new Set(batch);
        waiting = waiting.filter((job) => !added.has(job));
        counts.sent += batch.length;
      } catch (error) {
        onError(/** @type {Error} */ (error));
        if (isClosed) return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  function wake() {
    sending ??= sendAll().finally(() => {
      sending = null;
    });
  }

  return {
    emit(callId, record) {
      let text;
      let id = '';
      try {
        // Ids on the queue are printable ASCII.
        id = encodeURIComponent(callId).slice(0, CALL_ID_CHARACTERS_MAX);
        text = encodeRecord(record);
      } catch (error) {
        onError(/** @type {Error} */ (error));
      }
      if (isClosed || text === undefined || text.length > RECORD_CHARACTERS_MAX) {
        counts.dropped += 1;
        return false;
      }
      if (waiting.length >= WAITING_MAX) {
        waiting.shift();
        counts.dropped += 1;
      }
      // A job id may hold no colon, and the same call added twice is one job.
      const jobId = `call-${id}`;
      waiting.push({
        name: 'call',
        data: { v: 1, callId: id, record: text },
        opts: {
          jobId,
          attempts: 5,
          backoff: { type: 'exponential', delay: 1000 },
          removeOnComplete: true,
          removeOnFail: 1000,
        },
      });
      wake();
      return true;
    },
    stats: () => ({ waiting: waiting.length, ...counts }),
    async close(timeoutMs = COMMAND_TIMEOUT_MS) {
      if (sending !== null) await within(sending, timeoutMs).catch(() => undefined);
      isClosed = true;
      await queue.close();
    },
  };
}

/**
 * @template T
 * @param {Promise<T>} work
 * @param {number} limitMs
 * @returns {Promise<T>}
 */
async function within(work, limitMs) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return /** @type {T} */ (await Promise.race([work, late]));
  } finally {
    clearTimeout(timer);
  }
}
