import { canonicalJson } from '#shared/content-hash.ts';
import type { Llm } from '#shared/llm/llm.ts';
import { scoreContent, toScoreRows, toScoringRun } from '../../../services/evaluator/score-content.ts';
import { judgementKey } from '../../../services/evaluator/scorers/judge/ask-judges.ts';
import { decideVerdict } from '../../../services/evaluator/scorers/judge/decide-verdict.ts';
import { detectInjection } from '../../../services/evaluator/scorers/judge/detect-injection.ts';
import { createJudgePrompt } from '../../../services/evaluator/scorers/judge/judge-prompt.ts';
import { renderTranscript } from '../../../services/evaluator/scorers/judge/render-transcript.ts';
import { allCriteria } from '../../../services/evaluator/scorers/judge/rubric.ts';
import { RUBRICS } from '../../../services/evaluator/scorers/judge/rubrics/rubrics.ts';
import { createScoringSubject } from '../../../services/evaluator/scorers/scoring-subject.ts';
import { proportionInterval } from '../../arena/intervals.ts';
import { type JudgedRun, readJudgedRuns } from './judged-runs.ts';
import type { WrittenFigure } from './scoring-report.ts';

const RUNS_QUICK = 40;
const NONCE = '0123456789abcdef01234567';
const KEY = { projectId: 'bench', callId: '0199a0c4-0000-7000-8000-000000000000' };
const JUDGE = { provider: 'any', model: 'judge-1' } as Llm;
/** Small enough that long runs are cut. */
const TOKENS_SMALL = 1_500;

/**
 * Puts the same record twice through every stage that knows no chance: all deterministic scorers, the search for
 * injections, the rendering of the prompt, the cache's key and the decision. Counts the runs that come out alike, byte
 * by byte.
 */
export function judgeDeterminismFigures(dataFolder: string, options: { readonly quick: boolean }): WrittenFigure[] {
  const runs = [...readJudgedRuns(dataFolder, 'tau2-bench'), ...readJudgedRuns(dataFolder, 'tau-bench')];
  const chosen = options.quick ? runs.slice(0, RUNS_QUICK) : runs;
  let alike = 0;
  for (const run of chosen) {
    // Read anew each time, as a second worker would: nothing is shared between the two but the bytes.
    const bytes = JSON.stringify({ request: run.request, response: run.response });
    const [first, second] = [stagesOf(bytes), stagesOf(bytes)];
    if (first === second) alike += 1;
  }
  const value = alike / Math.max(1, chosen.length);
  const interval = proportionInterval(alike, chosen.length);
  return [{ id: 'G19', value, op: '>=', bar: 1, pass: value === 1, n: chosen.length, interval }];
}

/** Everything that the deterministic stages make of a record, as one text. */
export function stagesOf(bytes: string): string {
  const { request, response } = JSON.parse(bytes) as Pick<JudgedRun, 'request' | 'response'> & {
    readonly request: Readonly<Record<string, unknown>>;
    readonly response: Readonly<Record<string, unknown>>;
  };
  const call = { status: 'ok', upstreamFormat: null, losses: [] } as const;
  const subject = createScoringSubject({ call, request, response, upstreamRaw: null }, null);
  const scored = (['call', 'outcome'] as const).map((pass) => {
    const scores = scoreContent(pass, subject, { upstreamFormat: null, losses: [], hasResponse: true });
    const run = toScoringRun({ ...KEY, pass }, scores, true);
    const bitmaps = [run.passed.toString('hex'), run.notApplicable.toString('hex')];
    return { bitmaps, rows: toScoreRows({ ...KEY, pass }, scores) };
  });
  const judged = Object.values(RUBRICS).flatMap((rubric) =>
    [undefined, TOKENS_SMALL].map((tokensMax) => {
      const transcript = renderTranscript(request, response, tokensMax === undefined ? {} : { tokensMax });
      const criteria = allCriteria(rubric).map(({ id }) => ({
        id,
        evidence: [],
        reasoning: '',
        absence: true,
        verdict: 'pass' as const,
      }));
      return {
        prompt: createJudgePrompt(rubric, transcript, NONCE),
        key: judgementKey(JUDGE, { rubric, transcript, draw: 0 }),
        decision: decideVerdict(rubric, { task: '', outcome: '', criteria }, transcript),
      };
    }),
  );
  return canonicalJson({ scored, judged, injection: detectInjection(request, response) });
}
