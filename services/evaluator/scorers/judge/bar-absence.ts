import type { RenderedTranscript } from './render-transcript.ts';
import { allCriteria, type Criterion, type Rubric } from './rubric.ts';
import type { CriterionVerdict, JudgeVerdict } from './verdict.ts';
import { quotedId } from './verify-quotes.ts';

export interface BarredVerdict {
  readonly verdict: JudgeVerdict;
  /** Ids of criteria whose failure rested on not seeing what may have been removed. */
  readonly barred: readonly string[];
}

/**
 * Takes back failures that say "it is not there" where text was removed: what is missed may be what was cut. The judge
 * is told so; here it is enforced.
 */
export function barAbsence(rubric: Rubric, verdict: JudgeVerdict, transcript: RenderedTranscript): BarredVerdict {
  const cuts = transcript.messages.flatMap((message, index) => (message.cut ? [index] : []));
  if (cuts.length === 0) return { verdict, barred: [] };
  const positions = new Map(transcript.messages.map((message, index) => [message.id, index]));
  const criteria = new Map(allCriteria(rubric).map((criterion) => [criterion.id, criterion]));
  const barred: string[] = [];
  const checked = verdict.criteria.map((answer): CriterionVerdict => {
    if (answer.verdict !== 'fail' || !answer.absence) return answer;
    const quoted = answer.evidence.flatMap(({ message }) => positions.get(quotedId(message)) ?? []);
    if (!cuts.some((cut) => mayHold(criteria.get(answer.id)?.absentFrom, cut, quoted))) return answer;
    barred.push(answer.id);
    return { ...answer, verdict: 'cannot_tell', evidence: [] };
  });
  return { verdict: { ...verdict, criteria: checked }, barred };
}

/** Whether what is missed could stand in a cut message; without a place to start from it could stand in any. */
function mayHold(absentFrom: Criterion['absentFrom'], cut: number, quoted: readonly number[]): boolean {
  if (absentFrom === undefined || quoted.length === 0) return true;
  return absentFrom === 'before' ? cut <= Math.max(...quoted) : cut >= Math.min(...quoted);
}
