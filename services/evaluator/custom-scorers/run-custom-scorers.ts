import type { StoredCall } from '#shared/database/load-call.ts';
import { recordScoring } from '#shared/database/score-store.ts';
import type { Score } from '#shared/domain/score.ts';
import { formatExplanation } from '#shared/domain/score-explanation.ts';
import type { EvaluatorDeps } from '../evaluator-deps.ts';
import type { ScorerPass } from '../scorers/scorer.ts';
import type { CustomAnswer, CustomScorer } from './custom-scorer.ts';
import { customSubjectOf } from './custom-subject.ts';

const EXPLANATION_CHARACTERS_MAX = 2_000;
/** The one bit of a run with one scorer. */
const SET = Buffer.from([1]);
const NOT_SET = Buffer.from([0]);

/** What of a call is scored, and whether the request that follows it is known. */
export interface CustomScoring {
  readonly stored: StoredCall;
  readonly next: StoredCall | null;
  readonly pass: ScorerPass;
  readonly final: boolean;
}

/**
 * Asks the operator's own scorers about one pass of one call, at once, and stores what each says. Every one has a run of
 * its own: its single bit tells a pass, or that nothing applied, and rows exist for failures and unknowns. A scorer that
 * hangs, throws or cannot be reached leaves an unknown with the reason.
 */
export async function runCustomScorers(deps: EvaluatorDeps, scoring: CustomScoring): Promise<void> {
  const due = (deps.customScorers ?? []).filter((scorer) => scorer.pass === scoring.pass);
  if (due.length === 0) return;
  const subject = customSubjectOf(scoring.stored, scoring.next, scoring.pass);
  // What others wrote may change what it is given, and content is shared.
  const ask = async (scorer: CustomScorer) => ({ scorer, answer: await scorer.score(structuredClone(subject)) });
  const answers = await Promise.all(due.map(ask));
  for (const { scorer, answer } of answers) await record(deps, scoring, scorer, answer);
}

async function record(
  deps: EvaluatorDeps,
  { stored, pass, final }: CustomScoring,
  scorer: CustomScorer,
  answer: CustomAnswer,
): Promise<void> {
  const { projectId, callId } = stored.call;
  const outcome = answer.type === 'answered' ? answer.result.outcome : 'unknown';
  const run = {
    ...{ projectId, callId, pass, final },
    scorerSet: `custom:${scorer.id}@${scorer.version}`,
    passed: outcome === 'pass' ? SET : NOT_SET,
    notApplicable: outcome === 'not_applicable' ? SET : NOT_SET,
  };
  const recorded = await recordScoring(
    deps.database,
    run,
    rowsOf({ projectId, callId, pass }, scorer, answer),
    scorer.id,
  );
  if (recorded === 'known') return;
  const result = answer.type === 'answered' ? outcome : answer.reason;
  deps.metrics.customScores.inc({ scorer: scorer.id, result });
  if (answer.type === 'failed') deps.log.warn({ scorer: scorer.id, callId, ...answer }, 'a custom scorer said nothing');
}

function rowsOf(
  key: Pick<Score, 'projectId' | 'callId'> & { readonly pass: ScorerPass },
  scorer: CustomScorer,
  answer: CustomAnswer,
): readonly Score[] {
  const { outcome, evidence, expectedVsActual, detail, ...fault } =
    answer.type === 'answered'
      ? answer.result
      : {
          outcome: 'unknown' as const,
          evidence: [],
          expectedVsActual: `verdict -> ${answer.reason}`,
          detail: answer.problem,
        };
  if (outcome !== 'fail' && outcome !== 'unknown') return [];
  const failed = outcome === 'fail';
  const explanation = formatExplanation({
    expectedVsActual: expectedVsActual ?? (failed ? `${scorer.id} -> failed` : 'verdict -> not decidable'),
    detail: detail ?? scorer.definition,
  });
  const row: Score = {
    ...key,
    subjectType: 'call',
    subjectId: key.callId,
    sample: 0,
    scorer: scorer.id,
    scorerVersion: scorer.version,
    metric: scorer.metric,
    status: failed ? 'scored' : 'abstained',
    outcome,
    value: failed ? 0 : null,
    owner: failed ? (fault.owner ?? scorer.owner) : null,
    severity: failed ? (fault.severity ?? scorer.severity) : null,
    confidence: null,
    samplingProbability: 1,
    evidence: evidence.map(({ pointer, quote }) => (quote === undefined ? { pointer } : { pointer, quote })),
    explanation: explanation.slice(0, EXPLANATION_CHARACTERS_MAX),
    judge: null,
    costUsd: 0,
  };
  return [row];
}
