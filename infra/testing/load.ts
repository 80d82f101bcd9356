import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import { createSeededRandom } from '../arena/seeded-random.ts';

/**
 * One call as its client saw it end: answered whole (`ok`), answered with an error that has a call id (`error`), cut
 * off (`unknown`: it may or may not have been taken to an end), or never taken, because nobody listened.
 */
export interface ClientCall {
  readonly outcome: 'ok' | 'error' | 'unknown' | 'not_taken';
  /** Null when the connection broke before the headers. */
  readonly callId: string | null;
  /** Both on the clock of `performance.now()`. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

export interface Load {
  /** Every call that has ended, in the order of their ends. */
  readonly calls: readonly ClientCall[];
  /** Begins no further session; resolves when the calls under way have ended. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly baseUrl: string;
  readonly seed: number;
  /** Sessions at a time. */
  readonly agents: number;
  /** Mean pause of one agent between two calls, milliseconds. */
  readonly pauseMs: number;
  /** The clients' credential; without a virtual key any will do on loopback. */
  readonly apiKey?: string;
}

const TASKS_MAX = 2;
const FILES_MAX = 2;
const CALL_TIMEOUT_MS = 15_000;
const READ_FILE: Anthropic.Tool = {
  name: 'read_file',
  description: 'Read one text file of the repository.',
  input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};

/**
 * Agents at work through the real Anthropic client, every second session streaming, without retries, so that one call
 * here is one request there. An agent whose call fails gives its session up and begins another one.
 */
export function startLoad(options: LoadOptions): Load {
  const random = createSeededRandom(options.seed);
  const client = new Anthropic({
    apiKey: options.apiKey ?? 'anything on loopback',
    baseURL: options.baseUrl,
    maxRetries: 0,
    timeout: CALL_TIMEOUT_MS,
  });
  const calls: ClientCall[] = [];
  let isStopping = false;
  let sessions = 0;

  const agent = async (): Promise<void> => {
    while (!isStopping) {
      const session = createSession(client, sessions % 2 === 0);
      sessions += 1;
      const tasks = 1 + Math.floor(random.uniform() * TASKS_MAX);
      for (let task = 0; task < tasks; task += 1) session.ask(1 + Math.floor(random.uniform() * FILES_MAX));
      while (!isStopping && session.isOpen()) {
        calls.push(await session.call());
        await delay(options.pauseMs * 2 * random.uniform());
      }
    }
  };
  const agents = Promise.all(Array.from({ length: options.agents }, agent));
  return {
    calls,
    async stop() {
      isStopping = true;
      await agents;
    },
  };
}

interface Session {
  /** Puts a task for so many files into the session. */
  ask(files: number): void;
  isOpen(): boolean;
  /** Never rejects: how a call ends is what it is about. */
  call(): Promise<ClientCall>;
}

function createSession(client: Anthropic, isStreamed: boolean): Session {
  const sessionId = randomUUID();
  const messages: Anthropic.MessageParam[] = [];
  const tasks: Anthropic.MessageParam[] = [];
  let isBroken = false;

  return {
    ask(files) {
      const lines = Array.from({ length: files }, (_, index) => `call read_file {"path":"file-${index}.ts"}`);
      tasks.push({ role: 'user', content: `Task ${tasks.length} of ${sessionId}\n${lines.join('\n')}` });
    },
    isOpen: () => !isBroken && (tasks.length > 0 || messages.at(-1)?.role === 'user'),
    async call() {
      const next = messages.at(-1)?.role === 'user' ? undefined : tasks.shift();
      if (next !== undefined) messages.push(next);
      const { call, message } = await send(client, sessionId, messages, isStreamed);
      isBroken = message === null;
      if (message !== null) messages.push({ role: 'assistant', content: message.content }, ...resultsFor(message));
      return call;
    },
  };
}

function resultsFor(message: Anthropic.Message): Anthropic.MessageParam[] {
  const results = message.content
    .filter((block) => block.type === 'tool_use')
    .map(({ id }) => ({ type: 'tool_result' as const, tool_use_id: id, content: `export const id = '${id}';` }));
  return results.length === 0 ? [] : [{ role: 'user', content: results }];
}

interface Sent {
  readonly call: ClientCall;
  /** Null when there was no whole answer. */
  readonly message: Anthropic.Message | null;
}

async function send(
  client: Anthropic,
  sessionId: string,
  messages: readonly Anthropic.MessageParam[],
  isStreamed: boolean,
): Promise<Sent> {
  const body = { model: 'claude-sonnet-5', max_tokens: 1_000, tools: [READ_FILE], messages: [...messages] };
  const options = { headers: { 'x-claude-code-session-id': sessionId } };
  const startedAtMs = performance.now();
  let callId: string | null = null;
  const idOf = (headers: Headers) => headers.get('x-trimtab-call-id');
  const end = (outcome: ClientCall['outcome']): ClientCall => {
    return { outcome, callId, startedAtMs, endedAtMs: performance.now() };
  };
  try {
    if (!isStreamed) {
      const { data, response } = await client.messages.create(body, options).withResponse();
      callId = idOf(response.headers);
      return { call: end('ok'), message: data };
    }
    const stream = client.messages.stream(body, options);
    // The same failure is awaited below.
    stream.done().catch(() => {});
    callId = idOf((await stream.withResponse()).response.headers);
    const message = await stream.finalMessage();
    return { call: end('ok'), message };
  } catch (error) {
    if (error instanceof Anthropic.APIError && error.headers !== undefined) {
      callId ??= idOf(error.headers);
      return { call: end('error'), message: null };
    }
    return { call: end(isRefused(error) ? 'not_taken' : 'unknown'), message: null };
  }
}

function isRefused(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && cause.code === 'ECONNREFUSED') return true;
  }
  return false;
}
