import { scoreContent, toScoreRows, toScoringRun } from '../../../services/evaluator/score-content.ts';
import { createScoringSubject } from '../../../services/evaluator/scorers/scoring-subject.ts';
import type { Figure } from '../../arena/figure.ts';
import { meanInterval } from '../../arena/intervals.ts';
import { type AgentCall, createAgentTraffic } from './agent-traffic.ts';

const SEED = 20_261_124;
const KILOBYTE = 1_000;
const SIZES = [
  { id: 'score_20k_per_s', bytes: 20 * KILOBYTE, bar: 2_000, sessions: 40 },
  { id: 'score_100k_per_s', bytes: 100 * KILOBYTE, bar: 400, sessions: 8 },
] as const;
const WARM_UP_ROUNDS = 2;

/**
 * Calls a second that one core scores: both passes of every scorer, the metrics and the rows, of calls whose content is
 * in memory. Each round is other sessions, so that nothing of theirs is known from before; processor time of the whole
 * process, garbage collection included, is what counts.
 */
export function speedFigures(options: { readonly quick: boolean }): Figure[] {
  const rounds = options.quick ? 6 : 20;
  return SIZES.map(({ id, bytes, bar, sessions }) => {
    const perSecond: number[] = [];
    let n = 0;
    for (let round = 0; round < rounds + WARM_UP_ROUNDS; round += 1) {
      const session = createAgentTraffic(SEED + round);
      const traffic = Array.from({ length: sessions }, () => session(bytes).map(asLoaded));
      const measured = measure(traffic);
      if (round < WARM_UP_ROUNDS) continue;
      perSecond.push(measured.perSecond);
      n += measured.calls;
    }
    const { mean, low, high } = meanInterval(perSecond);
    return { id, value: mean, op: '>=', bar, pass: mean >= bar, n, interval: [low, high] };
  });
}

/** As a store gives it: texts that are equal to those of the call before are other strings all the same. */
function asLoaded(call: AgentCall): AgentCall {
  return { ...call, content: JSON.parse(JSON.stringify(call.content)) as AgentCall['content'] };
}

function measure(traffic: readonly (readonly AgentCall[])[]): { readonly perSecond: number; readonly calls: number } {
  const before = process.cpuUsage();
  let calls = 0;
  let rows = 0;
  for (const session of traffic) {
    for (const [index, { content }] of session.entries()) {
      rows += scoreOf(content, session[index + 1]?.content ?? null);
      calls += 1;
    }
  }
  const used = process.cpuUsage(before);
  if (rows === 0) throw new Error('the scorers have left no row');
  return { perSecond: calls / ((used.user + used.system) / 1e6), calls };
}

/** What `score-call.ts` does between its look-ups, for both passes; the second one has its subject made anew. */
function scoreOf(content: AgentCall['content'], next: AgentCall['content'] | null): number {
  const key = { projectId: 'default', callId: '01997000-0000-7000-8000-000000000000' } as const;
  const translated = {
    upstreamFormat: content.call.upstreamFormat,
    losses: content.call.losses,
    hasResponse: content.response !== null,
  };
  let rows = 0;
  for (const pass of ['call', 'outcome'] as const) {
    const subject = createScoringSubject(content, pass === 'call' ? null : next);
    const scores = scoreContent(pass, subject, translated);
    const run = toScoringRun({ ...key, pass }, scores, true);
    rows += toScoreRows({ ...key, pass }, scores).length + run.passed.length;
  }
  return rows;
}
