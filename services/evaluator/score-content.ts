import type { ScoringRun } from '#shared/database/score-store.ts';
import type { Evidence, Score } from '#shared/domain/score.ts';
import { formatExplanation } from '#shared/domain/score-explanation.ts';
import { type DerivedMetric, deriveMetrics, type Scored, type TranslatedCall } from './derive-metrics.ts';
import { SCORER_SET_VERSION, SCORERS } from './scorers/registry.ts';
import type { Scorer, ScorerPass } from './scorers/scorer.ts';
import type { ScoringSubject } from './scorers/scoring-subject.ts';

const EXPLANATION_CHARACTERS_MAX = 2_000;
/** Uses of tools that a metric's row names; an answer has few. */
const TOOL_USES_MAX = 50;
const TOOL_NAME_CHARACTERS_MAX = 200;

const SCORERS_OF: Readonly<Record<ScorerPass, readonly Scorer[]>> = {
  call: SCORERS.filter((scorer) => scorer.pass === 'call'),
  outcome: SCORERS.filter((scorer) => scorer.pass === 'outcome'),
};
const BIT_OF: ReadonlyMap<Scorer, number> = new Map(SCORERS.map((scorer, bit) => [scorer, bit]));

/** Everything one pass of the deterministic scorers has to say about one call. */
export interface ContentScores {
  readonly scored: readonly Scored[];
  readonly metrics: readonly DerivedMetric[];
  /** Where the answer uses which tool. */
  readonly toolUses: readonly Evidence[];
}

/** Runs the scorers of one pass. Pure: traffic and replays are scored by the same code. */
export function scoreContent(pass: ScorerPass, subject: ScoringSubject, call: TranslatedCall): ContentScores {
  const scored = SCORERS_OF[pass].map((scorer) => ({ scorer, result: scorer.score(subject) }));
  return { scored, metrics: deriveMetrics(pass, scored, call), toolUses: toolUsesOf(subject) };
}

function toolUsesOf(subject: ScoringSubject): readonly Evidence[] {
  const calls = subject.delivered?.toolCalls.slice(0, TOOL_USES_MAX) ?? [];
  return calls.map(({ pointer, name }) => ({ pointer, quote: name.slice(0, TOOL_NAME_CHARACTERS_MAX) }));
}

/** The run's bitmaps: what passed and what did not apply are bits, never rows. */
export function toScoringRun(
  key: { readonly projectId: string; readonly callId: string; readonly pass: ScorerPass },
  scores: ContentScores,
  final: boolean,
): ScoringRun {
  return {
    ...key,
    final,
    scorerSet: SCORER_SET_VERSION,
    passed: bitmapOf(scores, 'pass'),
    notApplicable: bitmapOf(scores, 'not_applicable'),
  };
}

function bitmapOf(scores: ContentScores, outcome: 'pass' | 'not_applicable'): Buffer {
  const bitmap = Buffer.alloc(Math.ceil(SCORERS.length / 8));
  for (const { scorer, result } of scores.scored) {
    if (result.outcome !== outcome) continue;
    const bit = BIT_OF.get(scorer) ?? 0;
    bitmap.writeUInt8(bitmap.readUInt8(bit >> 3) | (1 << (bit & 7)), bit >> 3);
  }
  return bitmap;
}

/** The score rows of one pass: failures and unknowns of the scorers, then the metrics. */
export function toScoreRows(
  key: { readonly projectId: string; readonly callId: string; readonly pass: ScorerPass },
  scores: ContentScores,
): readonly Score[] {
  const base = {
    ...key,
    subjectType: 'call',
    subjectId: key.callId,
    sample: 0,
    confidence: null,
    samplingProbability: 1,
    judge: null,
    costUsd: 0,
  } as const;
  const checks = scores.scored
    .filter(({ result }) => result.outcome === 'fail' || result.outcome === 'unknown')
    .map(({ scorer, result }): Score => {
      const failed = result.outcome === 'fail';
      const explanation = formatExplanation({
        expectedVsActual: result.expectedVsActual ?? '',
        detail: result.detail ?? '',
      });
      return {
        ...base,
        scorer: scorer.id,
        scorerVersion: scorer.version,
        metric: scorer.metric,
        status: failed ? 'scored' : 'abstained',
        outcome: result.outcome,
        value: failed ? 0 : null,
        owner: failed ? (result.owner ?? scorer.owner) : null,
        severity: failed ? (result.severity ?? scorer.severity) : null,
        evidence: [...result.evidence],
        explanation: explanation.slice(0, EXPLANATION_CHARACTERS_MAX),
      };
    });
  const metrics = scores.metrics.map(
    (metric): Score => ({
      ...base,
      ...metric,
      scorer: metric.metric,
      scorerVersion: SCORER_SET_VERSION,
      owner: null,
      severity: null,
      // Scores are told apart by tool without a look at the content.
      evidence: metric.metric === 'toolUse' ? [...scores.toolUses] : [],
      explanation: null,
    }),
  );
  return [...checks, ...metrics];
}
