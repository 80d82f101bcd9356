import { sha256Hex } from '#shared/content-hash.ts';
import { TrimtabError } from '#shared/errors.ts';

/** Public: foreign gateways add call records here, on their Redis or ours. Every other queue is internal. */
export const INGEST_QUEUE = 'trimtab-ingest';
export const SCORE_QUEUE = 'trimtab-score';
export const SESSION_QUEUE = 'trimtab-session';
export const REPLAY_QUEUE = 'trimtab-replay';
export const CANARY_QUEUE = 'trimtab-canary';
const JUDGE_QUEUE_PREFIX = 'trimtab-judge-';

export type JudgeQueueName = `trimtab-judge-${string}`;
export type QueueName =
  | typeof INGEST_QUEUE
  | typeof SCORE_QUEUE
  | typeof SESSION_QUEUE
  | typeof REPLAY_QUEUE
  | typeof CANARY_QUEUE
  | JudgeQueueName;

/**
 * Queues whose jobs cost nothing but our own processor when they are done twice: nobody is asked, paid or told by them.
 * What they do is done step by step, and a step that is done stays done.
 */
const REPEATABLE: ReadonlySet<string> = new Set([SCORE_QUEUE, SESSION_QUEUE]);

export function isRepeatable(name: string): boolean {
  return REPEATABLE.has(name);
}

const PROVIDER_NAME = /^[A-Za-z0-9._-]{1,64}$/;
const PLAIN_ID = /^[A-Za-z0-9._-]+$/;

/** One queue per judge provider, because BullMQ limits rates per queue only. */
export function judgeQueueName(provider: string): JudgeQueueName {
  if (!PROVIDER_NAME.test(provider)) {
    throw new TrimtabError('invalid_config', `provider name cannot name a queue: ${JSON.stringify(provider)}`);
  }
  return `${JUDGE_QUEUE_PREFIX}${provider}`;
}

export function isJudgeQueueName(name: string): name is JudgeQueueName {
  return name.startsWith(JUDGE_QUEUE_PREFIX);
}

export function scoreJobId(callId: string, pass: 'call' | 'outcome'): string {
  return `${callId}-${pass}`;
}

/** Clients choose session ids freely and projects may share them, so the job id carries a hash of both. */
export function sessionJobId(session: { projectId: string; sessionId: string }): string {
  return `session-${sha256Hex(`${session.projectId}\u0000${session.sessionId}`).slice(0, 32)}`;
}

export interface JudgeJobKey {
  readonly projectId: string;
  readonly subjectType: 'call' | 'session';
  readonly subjectId: string;
  readonly rubric: string;
  readonly rubricVersion: string;
  readonly sample: number;
}

/** `<callId>-<rubric>-<version>-<sample>`; a session stands under the id of its session job. */
export function judgeJobId(key: JudgeJobKey): string {
  const subject =
    key.subjectType === 'call' ? key.subjectId : sessionJobId({ projectId: key.projectId, sessionId: key.subjectId });
  return [subject, key.rubric, key.rubricVersion, String(key.sample)].map(plainPart).join('-');
}

export interface ReplayJobKey {
  readonly transcriptHead: string;
  readonly prefixId: string;
  readonly target: string;
  readonly scorerSet: string;
  readonly sample: number;
}

/** The same replay asked for twice is one job, whoever asks. */
export function replayJobId(key: ReplayJobKey): string {
  return sha256Hex([key.transcriptHead, key.prefixId, key.target, key.scorerSet, String(key.sample)].join('\u0000'));
}

export function canaryJobId(probeId: string): string {
  return `canary-${probeId}`;
}

/** A part with a character that job ids do not allow is replaced by its hash. */
function plainPart(text: string): string {
  return PLAIN_ID.test(text) ? text : sha256Hex(text).slice(0, 32);
}
