import { max, mean } from 'simple-statistics';
import { clusterBootstrap } from '#shared/calibration/cluster-bootstrap.ts';
import { groupedFolds } from '#shared/calibration/grouped-folds.ts';
import { seededUniform } from '#shared/calibration/seeded-uniform.ts';
import { candidatesToDraw, type RepeatRule } from '../../../services/evaluator/scorers/judge/adaptive-repeats.ts';
import type { Figure } from '../../arena/figure.ts';
import { type RepeatedJudge, type RepeatedQuestion, readRepeatedJudges } from './recorded-judges.ts';

const DRAWS_MAX = 8;
const LOSS_BAR = 0.01;
const CALLS_BAR = 3;
/** Calls per answer that a rule may take on the half that it is fitted on; the rest is room for the other half. */
const CALLS_FITTED_MAX = 2.8;
const SPLITS = { quick: 2, full: 10 } as const;
const RESAMPLES = { quick: 300, full: 1_000 } as const;
const CANDIDATES = [1, 2].flatMap((drawsMin) =>
  [0.75, 1, 1.25, 1.5, 2, 2.5].flatMap((separation) =>
    [2, 5, 20].map((noiseDraws) => ({ drawsMin, separation, noiseDraws })),
  ),
);

interface Outcome {
  readonly question: string;
  /** Rightness of eight draws less that of the rule. */
  readonly loss: number;
  /** Calls per answer. */
  readonly calls: number;
}

/**
 * `G10`: what stopping early costs against eight draws of every answer, and how many draws it takes; the rule of each
 * judge is fitted on one half of the questions and measured on the other.
 */
export function repeatsFigures(dataFolder: string, { quick }: { readonly quick: boolean }): Figure[] {
  const judges = readRepeatedJudges(dataFolder);
  const splits = quick ? SPLITS.quick : SPLITS.full;
  const outcomes = judges.flatMap((judge) =>
    Array.from({ length: splits }, (_none, seed) => measureJudge(judge, seed)).flat(),
  );
  const byQuestion = [...Map.groupBy(outcomes, ({ question }) => question)].map(([question, rows]) => ({
    question,
    loss: mean(rows.map(({ loss }) => loss)),
    calls: mean(rows.map(({ calls }) => calls)),
  }));
  const figure = (id: string, field: 'loss' | 'calls', bar: number): Figure => {
    const meanOf = (rows: readonly Outcome[]) => mean(rows.map((row) => row[field]));
    const options = { resamples: quick ? RESAMPLES.quick : RESAMPLES.full, random: seededUniform(5) };
    const interval = clusterBootstrap(byQuestion, ({ question }) => question, meanOf, options);
    const value = meanOf(byQuestion);
    return {
      ...{ id, value, op: '<=', bar, pass: value <= bar, n: byQuestion.length },
      interval: [interval?.low ?? Number.NaN, interval?.high ?? Number.NaN],
    };
  };
  return [figure('G10', 'loss', LOSS_BAR), figure('G10calls', 'calls', CALLS_BAR)];
}

function measureJudge({ questions }: RepeatedJudge, seed: number): readonly Outcome[] {
  const halves = groupedFolds(
    questions.map(({ id }) => id),
    2,
    seededUniform(seed),
  );
  return [0, 1].flatMap((half) => {
    const rule = fitRule(questions.filter((_question, index) => halves[index] !== half));
    return questions.flatMap((question, index): Outcome[] => {
      if (halves[index] !== half) return [];
      const { right, calls } = drawByRule(question, rule);
      return [{ question: question.id, loss: rightness(question.draws) - right, calls }];
    });
  });
}

/** The rule that is right most often among those that take few enough calls. */
function fitRule(questions: readonly RepeatedQuestion[]): RepeatRule {
  const noiseVariance = mean(questions.flatMap(({ draws }) => draws.map(varianceOf)));
  const tried = CANDIDATES.map((candidate) => {
    const rule: RepeatRule = { ...candidate, noiseVariance, drawsMax: DRAWS_MAX };
    const results = questions.map((question) => drawByRule(question, rule));
    return { rule, right: mean(results.map(({ right }) => right)), calls: mean(results.map(({ calls }) => calls)) };
  });
  const affordable = tried.filter(({ calls }) => calls <= CALLS_FITTED_MAX);
  const cheapest = tried.reduce((least, one) => (one.calls < least.calls ? one : least));
  return affordable.reduce((best, one) => (one.right > best.right ? one : best), affordable[0] ?? cheapest).rule;
}

function drawByRule(question: RepeatedQuestion, rule: RepeatRule): { readonly right: number; readonly calls: number } {
  const drawn: number[][] = question.draws.map(() => []);
  let calls = 0;
  for (;;) {
    const next = candidatesToDraw(drawn, rule).flatMap((answer) => {
      const scores = drawn[answer];
      const score = question.draws[answer]?.[scores?.length ?? 0];
      return scores === undefined || score === undefined ? [] : [{ scores, score }];
    });
    if (next.length === 0) break;
    for (const { scores, score } of next) scores.push(score);
    calls += next.length;
  }
  return { right: rightness(drawn), calls: calls / question.draws.length };
}

/** 1 when the first answer has the highest mean; its share where several have. */
function rightness(draws: readonly (readonly number[])[]): number {
  const means = draws.map((scores) => mean([...scores]));
  const highest = max(means) - Number.EPSILON * 16;
  return (means[0] ?? 0) < highest ? 0 : 1 / means.filter((value) => value >= highest).length;
}

function varianceOf(scores: readonly number[]): number {
  const centre = mean([...scores]);
  return scores.reduce((sum, score) => sum + (score - centre) ** 2, 0) / Math.max(1, scores.length - 1);
}
