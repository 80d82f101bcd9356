import { createHmac } from 'node:crypto';
import type { HttpScorerConfig } from '#shared/config/scoring-schema.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { GuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import { createBreaker } from './breaker.ts';
import { readCustomResult } from './custom-result.ts';
import type { CustomAnswer, CustomScorer } from './custom-scorer.ts';

export interface HttpScorerDeps {
  /** Reaches only the part of the network that the scorer may lie in, and follows no redirect. */
  readonly fetch: GuardedFetch;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

/** Asked once more after an answer that may have been an accident; both tries share the time-out. */
const TRIES = 2;
const ANSWER_BYTES_MAX = 64 * 1_024;

type Attempt = CustomAnswer & { readonly isAccident?: boolean };

/**
 * A scorer that another process runs: it is sent the subject as JSON and answers with an outcome. With a secret, what
 * is sent is signed: `x-trimtab-signature: v1=<hex>`, HMAC-SHA256 over `<x-trimtab-timestamp>.<body>`.
 */
export function createHttpScorer(deps: HttpScorerDeps, config: HttpScorerConfig): CustomScorer {
  const breaker = createBreaker(deps.now);
  const { id, version, metric, pass, owner, severity, definition, url, timeoutMs } = config;
  return {
    ...{ id, version, metric, pass, owner, severity, definition },
    async score(subject) {
      if (!breaker.mayAsk()) return failed('paused', 'it failed several times in a row and is left alone for a while');
      const body = JSON.stringify({ scorer: { id, version }, subject });
      const signal = AbortSignal.timeout(timeoutMs);
      let attempt: Attempt = failed('unreachable', 'it was not asked');
      for (let tries = 0; tries < TRIES; tries += 1) {
        attempt = await post(deps, url, { headers: headersOf(deps, config, body), body, signal }, timeoutMs);
        if (attempt.isAccident !== true || signal.aborted) break;
      }
      const { isAccident: _isAccident, ...answer } = attempt;
      breaker.heard(answer);
      return answer;
    },
    close: async () => undefined,
  };
}

function headersOf(deps: HttpScorerDeps, { secret }: HttpScorerConfig, body: string): Record<string, string> {
  const headers = { 'content-type': 'application/json', 'user-agent': 'trimtab' };
  if (secret === undefined) return headers;
  const timestamp = String(Math.floor(deps.now() / 1_000));
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return { ...headers, 'x-trimtab-timestamp': timestamp, 'x-trimtab-signature': `v1=${signature}` };
}

async function post(
  { fetch }: HttpScorerDeps,
  url: string,
  request: { readonly headers: Record<string, string>; readonly body: string; readonly signal: AbortSignal },
  timeoutMs: number,
): Promise<Attempt> {
  try {
    const response = await fetch(url, { method: 'POST', ...request });
    if (!response.ok) {
      await response.body?.cancel();
      const isAccident = response.status >= 500 || response.status === 429;
      return { ...failed('refused', `it answered ${response.status}`), isAccident };
    }
    const text = await readText(response);
    if (text === null) return failed('invalid_answer', `its answer is longer than ${ANSWER_BYTES_MAX} bytes`);
    const result = readCustomResult(JSON.parse(text));
    return 'problem' in result ? failed('invalid_answer', result.problem) : { type: 'answered', result };
  } catch (error) {
    if (request.signal.aborted) return failed('timeout', `no verdict within ${timeoutMs} ms`);
    if (error instanceof SyntaxError) return failed('invalid_answer', 'its answer is no JSON');
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    if (cause instanceof TrimtabError) return failed('refused', cause.message);
    return { ...failed('unreachable', 'it cannot be reached'), isAccident: true };
  }
}

/** The body as text, or null when it is too long. */
async function readText(response: Response): Promise<string | null> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.length;
    if (size > ANSWER_BYTES_MAX) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function failed(reason: Extract<CustomAnswer, { type: 'failed' }>['reason'], problem: string): CustomAnswer {
  return { type: 'failed', reason, problem };
}
