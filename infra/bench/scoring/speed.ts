import { configSchema } from '#shared/config/config-schema.ts';
import { sharedMessage } from '#shared/database/transcript/shared-message.ts';
import { sharedTools } from '#shared/database/transcript/shared-tools.ts';
import { deepFreeze } from '#shared/deep-freeze.ts';
import type { JsonObject } from '#shared/formats/json-object.ts';
import { recomputeUpstreamBody } from '#shared/shapes/recompute-upstream-request.ts';
import { scoreContent, toScoreRows, toScoringRun } from '../../../services/evaluator/score-content.ts';
import { isRecord } from '../../../services/evaluator/scorers/json.ts';
import { createScoringSubject, type UpstreamRequest } from '../../../services/evaluator/scorers/scoring-subject.ts';
import { countChecks } from '../../../services/evaluator/triage/derive-checks.ts';
import { SHIPPED_TRIAGE_MODEL } from '../../../services/evaluator/triage/shipped-triage-model.ts';
import { triageOf, triageRow, triageSubject } from '../../../services/evaluator/triage/triage-call.ts';
import type { Figure } from '../../arena/figure.ts';
import { meanInterval } from '../../arena/intervals.ts';
import { createEventSessions } from '../event-sessions.ts';
import { type AgentCall, createAgentTraffic } from './agent-traffic.ts';

const SEED = 20_261_124;
const KILOBYTE = 1_000;
const SIZES = [
  { id: 'score_20k_per_s', bytes: 20 * KILOBYTE, bar: 2_000, sessions: 40 },
  { id: 'score_100k_per_s', bytes: 100 * KILOBYTE, bar: 400, sessions: 8 },
] as const;
/** Until then the first calls are still being compiled. */
const WARM_UP_ROUNDS = 4;

const { call: CALL } = createEventSessions(SEED).fresh(KILOBYTE);
const UPSTREAMS = configSchema.parse({
  providers: { openai: {} },
  models: [{ id: 'model-1', provider: 'openai', price: { input: 1, output: 4 } }],
});
const MODEL = SHIPPED_TRIAGE_MODEL;

/**
 * Calls a second that one core scores: both passes of every scorer, triage, the metrics and the rows, of calls whose
 * content is in memory; parsers of programming languages, which have a figure of their own, are not loaded. Each round is
 * other sessions, so that nothing of theirs is known from before; processor time of the whole process, garbage collection
 * included, is what counts.
 */
export function speedFigures(options: { readonly quick: boolean }): Figure[] {
  const rounds = options.quick ? 6 : 20;
  return SIZES.map(({ id, bytes, bar, sessions }) => {
    const perSecond: number[] = [];
    let n = 0;
    for (let round = 0; round < rounds + WARM_UP_ROUNDS; round += 1) {
      const session = createAgentTraffic(SEED + round);
      const traffic = Array.from({ length: sessions }, () => asLoaded(session(bytes)));
      const measured = measure(traffic);
      if (round < WARM_UP_ROUNDS) continue;
      perSecond.push(measured.perSecond);
      n += measured.calls;
    }
    const { mean, low, high } = meanInterval(perSecond);
    return { id, value: mean, op: '>=', bar, pass: mean >= bar, n, interval: [low, high] };
  });
}

/**
 * As a store gives the calls of a session: blocks that an earlier call had are the same objects, because the store
 * remembers them, and so are messages of such blocks; everything around them is new.
 */
function asLoaded(session: readonly AgentCall[]): readonly AgentCall[] {
  const blocks = new Map<string, JsonObject>();
  const known = (block: unknown): JsonObject => {
    const text = JSON.stringify(block);
    const stored = blocks.get(text) ?? deepFreeze(JSON.parse(text) as JsonObject);
    blocks.set(text, stored);
    return stored;
  };
  return session.map((call) => {
    const content = JSON.parse(JSON.stringify(call.content)) as AgentCall['content'];
    const { request, response } = content;
    if (request === null || response === null) throw new Error('the traffic lacks a request or a reply');
    const messages = (request['messages'] as { readonly role: string; readonly content: unknown }[]).map((message) =>
      Array.isArray(message.content)
        ? sharedMessage(message.role, message.content.map(known), false)
        : sharedMessage(message.role, [known({ type: 'text', text: message.content })], true),
    );
    const tools = sharedTools((request['tools'] as unknown[]).map(known));
    const system = (request['system'] as unknown[]).map(known);
    const reply = { ...response, content: (response['content'] as unknown[]).map(known) };
    return { ...call, content: { ...content, request: { ...request, system, messages, tools }, response: reply } };
  });
}

function measure(traffic: readonly (readonly AgentCall[])[]): { readonly perSecond: number; readonly calls: number } {
  const before = process.cpuUsage();
  let calls = 0;
  let rows = 0;
  for (const session of traffic) {
    for (const [index, call] of session.entries()) {
      rows += scoreOf(call, session[index + 1] ?? null);
      calls += 1;
    }
  }
  const used = process.cpuUsage(before);
  if (rows === 0) throw new Error('the scorers have left no row');
  return { perSecond: calls / ((used.user + used.system) / 1e6), calls };
}

/** What `score-call.ts` does between its look-ups, for both passes; the second one has its subject made anew. */
function scoreOf({ content }: AgentCall, next: AgentCall | null): number {
  const key = { projectId: 'default', callId: '01997000-0000-7000-8000-000000000000', subjectType: 'call' } as const;
  const translated = { upstreamFormat: 'openai-chat', losses: [], hasResponse: true };
  let rows = 0;
  for (const pass of ['call', 'outcome'] as const) {
    const upstreamRequest = () => upstreamRequestOf(content);
    const subject = createScoringSubject(
      { ...content, call: CALL, upstreamRequest },
      pass === 'call' ? null : (next?.content ?? null),
    );
    const scores = scoreContent(pass, subject, translated);
    const run = toScoringRun({ ...key, pass }, scores, true);
    const triaged = triageSubject(pass, subject, countChecks(scores.scored));
    if (triaged !== null) triageRow({ ...key, subjectId: key.callId, pass }, MODEL, triageOf(MODEL, triaged));
    rows += toScoreRows({ ...key, pass }, scores).length + run.passed.length;
  }
  return rows;
}

/** The codec writes the upstream's request anew, as for a stored call. */
function upstreamRequestOf({ request }: AgentCall['content']): UpstreamRequest | null {
  if (request === null) return null;
  const recomputed = recomputeUpstreamBody(CALL, request, null, UPSTREAMS);
  if (recomputed.type === 'unknown' || !isRecord(recomputed.body)) throw new Error('the upstream is not configured');
  return { format: 'openai-chat', body: recomputed.body, isExact: true, prefix: null };
}
