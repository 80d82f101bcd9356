import { Worker } from 'node:worker_threads';
import type { Log } from '#shared/log.ts';
import { createBreaker } from './breaker.ts';
import { readCustomResult } from './custom-result.ts';
import type { CustomAnswer, CustomScorer, CustomScorerFacts } from './custom-scorer.ts';
import type { CustomSubject } from './custom-subject.ts';
import { type ScorerFileReply, scorerFileReplySchema } from './scorer-file-messages.ts';

export interface ScorerFileDeps {
  readonly log: Log;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

export interface ScorerFileLimits {
  /** For one verdict. */
  readonly timeoutMs: number;
  readonly memoryMb: number;
}

const THREAD = new URL('./scorer-file-thread.ts', import.meta.url);
/** For loading the file with all that it imports. */
const START_LIMIT_MS = 10_000;
/** Of the heap, for what has just been made. */
const YOUNG_SHARE = 0.25;

/** One verdict that is being waited for. */
interface Waiting {
  readonly id: number;
  readonly settle: (reply: ScorerFileReply | { readonly type: 'ended'; readonly problem: string }) => void;
}

/**
 * A scorer file in a thread of its own, asked one subject at a time. A verdict that takes too long ends the thread, and
 * so does one that takes too much memory; the next subject has a new thread. The thread has no environment variables, but
 * it is no sandbox: a scorer file is the operator's own code.
 *
 * @throws Error naming what is wrong with the file
 */
export async function openScorerFile(
  deps: ScorerFileDeps,
  path: string,
  limits: ScorerFileLimits,
): Promise<CustomScorer> {
  const breaker = createBreaker(deps.now);
  const first = await startThread(path, limits);
  let thread: ScorerThread | null = first;
  let last: Promise<unknown> = Promise.resolve();
  let nextId = 0;

  async function ask(subject: CustomSubject): Promise<CustomAnswer> {
    if (!breaker.mayAsk()) return failed('paused', 'it failed several times in a row and is left alone for a while');
    try {
      thread ??= await startThread(path, limits);
    } catch (error) {
      const crashed = failed('crashed', messageOf(error));
      breaker.heard(crashed);
      return crashed;
    }
    nextId += 1;
    const reply = await thread.ask(nextId, subject, limits.timeoutMs);
    const answer = answerOf(reply, limits);
    breaker.heard(answer);
    if (reply.type === 'timeout' || reply.type === 'ended') {
      const ended = thread;
      thread = null;
      await ended.close();
    }
    return answer;
  }

  return {
    ...first.facts,
    score(subject) {
      // One after the other: a subject that waits for its turn must not be held to have hung.
      const turn = last.then(() => ask(subject));
      last = turn.catch((error: unknown) => deps.log.error({ error, path }, 'a scorer file could not be asked'));
      return turn;
    },
    async close() {
      await last;
      await thread?.close();
    },
  };
}

interface ScorerThread {
  readonly facts: CustomScorerFacts;
  ask(
    id: number,
    subject: CustomSubject,
    timeoutMs: number,
  ): Promise<ScorerFileReply | { readonly type: 'timeout' } | { readonly type: 'ended'; readonly problem: string }>;
  close(): Promise<void>;
}

async function startThread(path: string, limits: ScorerFileLimits): Promise<ScorerThread> {
  const worker = new Worker(THREAD, {
    workerData: { path },
    env: {},
    resourceLimits: {
      maxOldGenerationSizeMb: limits.memoryMb,
      maxYoungGenerationSizeMb: Math.max(2, Math.floor(limits.memoryMb * YOUNG_SHARE)),
    },
  });
  let waiting: Waiting | null = null;
  const take = (reply: Parameters<Waiting['settle']>[0]) => {
    // An answer that comes after its time belongs to nothing any more.
    if (waiting === null || ('id' in reply && reply.id !== waiting.id)) return;
    const { settle } = waiting;
    waiting = null;
    settle(reply);
  };
  worker.on('message', (message) => {
    const parsed = scorerFileReplySchema.safeParse(message);
    if (parsed.success) take(parsed.data);
    else
      take({ type: 'ended', problem: `${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}` });
  });
  worker.on('error', (error) => take({ type: 'ended', problem: messageOf(error) }));
  worker.on('exit', (code) => take({ type: 'ended', problem: `its thread ended with code ${code}` }));
  worker.unref();

  const expect = (id: number, timeoutMs: number, send: () => void): ReturnType<ScorerThread['ask']> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        waiting = null;
        resolve({ type: 'timeout' });
      }, timeoutMs);
      waiting = {
        id,
        settle(reply) {
          clearTimeout(timer);
          resolve(reply);
        },
      };
      send();
    });

  const ready = await expect(0, START_LIMIT_MS, () => undefined);
  if (ready.type !== 'ready') {
    await worker.terminate();
    throw new Error('problem' in ready ? ready.problem : `it was not loaded within ${START_LIMIT_MS} ms`);
  }
  return {
    facts: ready.facts,
    ask: (id, subject, timeoutMs) => expect(id, timeoutMs, () => worker.postMessage({ id, subject })),
    async close() {
      await worker.terminate();
    },
  };
}

function answerOf(reply: Awaited<ReturnType<ScorerThread['ask']>>, limits: ScorerFileLimits): CustomAnswer {
  if (reply.type === 'timeout') return failed('timeout', `no verdict within ${limits.timeoutMs} ms`);
  if (reply.type === 'threw') return failed('threw', reply.problem);
  if (reply.type !== 'answered') return failed('crashed', 'problem' in reply ? reply.problem : 'it began anew');
  const result = readCustomResult(reply.answer);
  return 'problem' in result ? failed('invalid_answer', result.problem) : { type: 'answered', result };
}

function failed(reason: Extract<CustomAnswer, { type: 'failed' }>['reason'], problem: string): CustomAnswer {
  return { type: 'failed', reason, problem };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
