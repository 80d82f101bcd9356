import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Call } from '#shared/domain/call.ts';
import { uuidV7 } from '#shared/domain/call-id.ts';
import type { OfferedCall } from '#shared/domain/offered-call.ts';
import { createSeededRandom } from '../arena/seeded-random.ts';

/** Calls of made-up agent sessions, as a gateway offers them: each request repeats the history of the one before. */
export interface EventSessions {
  /** One call of a session of its own, with a request of about so many bytes. */
  fresh(requestBytes: number): OfferedCall;
  /** So many calls of one session, the first with a request of about so many bytes. */
  session(calls: number, requestBytes: number): readonly OfferedCall[];
  /** The same content in another call, for loads that nobody could make texts for in time. */
  again(offered: OfferedCall): OfferedCall;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TOOLS = 15;
const ANSWER_BYTES = 400;
const TOOL_RESULT_BYTES = 1_200;
/** Of a request, taken by system prompt and tools. */
const FIXED_SHARE = 0.4;

interface Turn {
  readonly call: string;
  readonly answer: string;
  readonly result: string;
}

/** The same seed gives the same texts, which are cut from this project's own code and documents. */
export function createEventSessions(seed: number): EventSessions {
  const random = createSeededRandom(seed);
  const prose = readTexts('docs', '.md');
  const code = readTexts('shared', '.ts');
  const cut = (from: string, bytes: number) => {
    const start = Math.floor(random.uniform() * Math.max(1, from.length - bytes));
    return from.slice(start, start + bytes);
  };
  const fixed = new Map<number, { readonly system: unknown; readonly tools: unknown }>();
  const fixedPart = (bytes: number) => {
    const known = fixed.get(bytes);
    if (known !== undefined) return known;
    const system = [{ type: 'text', text: cut(prose, bytes / 2), cache_control: { type: 'ephemeral' } }];
    const tools = Array.from({ length: TOOLS }, (_value, index) => ({
      name: `tool_${index}`,
      description: cut(prose, bytes / 2 / TOOLS),
      input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
    }));
    const made = { system, tools };
    fixed.set(bytes, made);
    return made;
  };
  const turn = (): Turn => ({
    call: `toolu_${randomBytes(9).toString('hex')}`,
    answer: cut(prose, ANSWER_BYTES),
    result: cut(code, TOOL_RESULT_BYTES),
  });

  function offer(sessionId: string, opening: string, turns: readonly Turn[], fixedBytes: number): OfferedCall {
    const { system, tools } = fixedPart(fixedBytes);
    const messages: unknown[] = [{ role: 'user', content: opening }];
    for (const [index, { call, answer, result }] of turns.entries()) {
      const content = [{ type: 'text', text: answer }, toolUse(call)];
      const isLast = index === turns.length - 1;
      const mark = isLast ? { cache_control: { type: 'ephemeral' } } : {};
      messages.push({ role: 'assistant', content });
      messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: call, content: result, ...mark }] });
    }
    const next = turn();
    const request = { model: 'claude-sonnet-5', messages, system, tools, max_tokens: 8_000, stream: true };
    const response = {
      ...{ id: `msg_${next.call}`, type: 'message', role: 'assistant', model: 'model-1', stop_sequence: null },
      content: [{ type: 'text', text: next.answer }, toolUse(next.call)],
      ...{ stop_reason: 'tool_use', usage: { input_tokens: 25_000, output_tokens: 120 } },
    };
    return {
      call: callOf(sessionId),
      request: { bytes: Buffer.from(JSON.stringify(request)), clientFormat: 'anthropic-messages' },
      response: JSON.stringify(response),
      upstreamRaw: [Buffer.from(JSON.stringify({ choices: [{ message: response }], usage: response.usage }))],
    };
  }

  function history(bytes: number): readonly Turn[] {
    const turns: Turn[] = [];
    for (let size = 0; size < bytes; ) {
      const made = turn();
      turns.push(made);
      size += made.answer.length + made.result.length + 300;
    }
    return turns;
  }

  const session = (calls: number, requestBytes: number): OfferedCall[] => {
    const sessionId = `bench-${randomBytes(8).toString('hex')}`;
    const opening = cut(prose, ANSWER_BYTES);
    const turns = [...history(requestBytes * (1 - FIXED_SHARE))];
    return Array.from({ length: calls }, () => {
      const offered = offer(sessionId, opening, turns, requestBytes * FIXED_SHARE);
      // What the model answered comes back with the result of its tool call.
      const answered = JSON.parse(offered.response ?? '{}') as { content: [{ text: string }, { id: string }] };
      turns.push({
        call: answered.content[1].id,
        answer: answered.content[0].text,
        result: cut(code, TOOL_RESULT_BYTES),
      });
      return offered;
    });
  };
  return {
    session,
    again: (offered) => ({ ...offered, call: callOf(offered.call.sessionId) }),
    fresh: (requestBytes) => session(1, requestBytes)[0] as OfferedCall,
  };
}

/** What an agent that works on this very project reads. */
function readTexts(folder: string, extension: string): string {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  const own = files.filter((name) => name.endsWith(extension)).sort();
  return own.map((name) => readFileSync(join(ROOT, folder, name), 'utf8')).join('\n');
}

function toolUse(id: string): unknown {
  return { type: 'tool_use', id, name: 'tool_3', input: { path: `src/${id.slice(-4)}.ts` } };
}

let clockMs = Date.now();

/** Every call a millisecond after the one before, as ids of a gateway rise. */
function callOf(sessionId: string): Call {
  clockMs = Math.max(clockMs + 1, Date.now());
  const startedAt = clockMs;
  return {
    callId: uuidV7(startedAt, randomBytes(10)),
    projectId: 'default',
    keyId: null,
    ...{ developer: 'ada', repo: 'trimtab', sessionId, sessionSource: 'claude-code-header' },
    ...{ agentId: null, parentAgentId: null, parentCallId: null, source: 'gateway' },
    ...{ startedAt, durationMs: 2_300, timeToFirstChunkMs: 600 },
    ...{ clientFormat: 'anthropic-messages', upstreamFormat: 'openai-chat', codecVersion: '1', provider: 'openai' },
    ...{ requestModel: 'claude-sonnet-5', responseModel: 'model-1', turnShape: '64k-multi-edit', turnShapeVersion: 1 },
    ...{ policyId: null, epoch: 1, ruleId: 'all', rolloutId: null, variant: 'stable', propensity: 1 },
    ...{ candidates: [{ model: 'model-1', weight: 10_000 }], prefixId: null, path: 'hot' },
    attempts: [{ provider: 'openai', model: 'model-1', startedAtMs: startedAt, durationMs: 2_290, outcome: 'ok' }],
    ...{ inputTokensEstimate: 25_000, costEstimateUsd: 0.01, status: 'ok', stopReason: 'tool_use' },
    ...{ upstreamStopReason: 'tool_calls', errorType: null, costUsd: 0.011, priceVersion: '1', losses: [] },
    usage: {
      ...{ inputTokens: 2_000, cacheReadInputTokens: 23_000, cacheCreationInputTokens: 0 },
      ...{ outputTokens: 120, reasoningOutputTokens: 0 },
    },
    completeness: { hasRequest: true, hasResponse: true, streamed: true, redacted: false, truncated: false },
    capture: 'full',
  };
}
