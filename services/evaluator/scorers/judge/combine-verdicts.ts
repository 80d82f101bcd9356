import { combineVotes } from './panel-weights.ts';
import { allCriteria, type Rubric, type Verdict } from './rubric.ts';
import type { CriterionVerdict, JudgeVerdict } from './verdict.ts';

const VOTES: Readonly<Record<Verdict, number | null>> = { pass: 1, fail: -1, cannot_tell: null };

/**
 * One verdict of several: each criterion goes with the weight of those who decided it, and a tie decides nothing.
 * Evidence is that of the judges who carried the criterion.
 *
 * @param verdicts at least one
 */
export function combineVerdicts(
  rubric: Rubric,
  verdicts: readonly JudgeVerdict[],
  weights: readonly number[],
): JudgeVerdict {
  const criteria = allCriteria(rubric).map(({ id }): CriterionVerdict => {
    const answers = verdicts.map((verdict) => verdict.criteria.find((criterion) => criterion.id === id));
    const votes = answers.map((answer) => (answer === undefined ? null : VOTES[answer.verdict]));
    const { lean } = combineVotes(votes, weights);
    const verdict = lean === null || lean === 0 ? 'cannot_tell' : lean > 0 ? 'pass' : 'fail';
    const carrying = answers.filter((answer) => answer?.verdict === verdict);
    return {
      id,
      evidence: carrying.flatMap((answer) => answer?.evidence ?? []),
      reasoning: '',
      absence: carrying.some((answer) => answer?.absence === true),
      verdict,
    };
  });
  return { task: '', outcome: '', criteria };
}
