import type { Evidence, Score } from '#shared/domain/score.ts';
import { formatExplanation } from '#shared/domain/score-explanation.ts';
import type { RenderedTranscript } from './render-transcript.ts';
import type { Rubric } from './rubric.ts';
import type { JudgeVerdict } from './verdict.ts';
import { quotedId } from './verify-quotes.ts';

/** What a verdict comes to, worked out by code and never asked of the judge. */
export type JudgeDecision = Pick<Score, 'status' | 'outcome' | 'value' | 'evidence' | 'explanation'>;

const EVIDENCE_MAX = 8;
const QUOTE_CHARACTERS_MAX = 200;
/** A subject that fails a decisive criterion is worth no more than this, whatever else it got right. */
const DECISIVE_FAILURE_VALUE_MAX = 0.25;

/**
 * Fail when a decisive criterion fails; pass when all decisive ones pass; otherwise nothing is decided. The value is
 * the share of decided criteria that passed, in quarters. The texts of the judge are left out: they are a stranger's
 * words at second hand.
 *
 * @param options.believesPass false where the conversation tries to speak to its judge: it may fail, but not pass
 */
export function decideVerdict(
  rubric: Rubric,
  verdict: JudgeVerdict,
  transcript: RenderedTranscript,
  options: { readonly believesPass?: boolean } = {},
): JudgeDecision {
  const byId = new Map(verdict.criteria.map((criterion) => [criterion.id, criterion]));
  const answers = rubric.criteria.map((criterion) => ({
    ...criterion,
    verdict: byId.get(criterion.id)?.verdict ?? 'cannot_tell',
    quotes: byId.get(criterion.id)?.evidence ?? [],
  }));
  const failed = answers.filter((answer) => answer.verdict === 'fail');
  const decided = answers.filter((answer) => answer.verdict !== 'cannot_tell');
  const pointers = new Map([
    ['system', '/system'],
    ['tools', '/tools'],
    ...transcript.messages.map((message) => [message.id, message.pointer] as const),
  ]);
  const shown = failed.length > 0 ? failed : decided;
  const evidence = shown.flatMap((answer) =>
    answer.quotes.map(({ message, quote }): Evidence => {
      const pointer = pointers.get(quotedId(message)) ?? '';
      return { pointer, quote: quote.slice(0, QUOTE_CHARACTERS_MAX) };
    }),
  );
  const common = { evidence: evidence.slice(0, EVIDENCE_MAX), explanation: explain(answers) };
  const share = Math.round((4 * (decided.length - failed.length)) / Math.max(1, decided.length)) / 4;
  if (failed.some((answer) => answer.decisive)) {
    return { ...common, status: 'scored', outcome: 'fail', value: Math.min(share, DECISIVE_FAILURE_VALUE_MAX) };
  }
  if (answers.some((answer) => answer.decisive && answer.verdict === 'cannot_tell')) {
    return { ...common, status: 'abstained', outcome: 'unknown', value: null };
  }
  if (options.believesPass === false) return { ...common, status: 'abstained', outcome: 'unknown', value: null };
  return { ...common, status: 'scored', outcome: 'pass', value: share };
}

function explain(answers: readonly { readonly id: string; readonly verdict: string }[]): string {
  const idsOf = (verdict: string) =>
    answers
      .filter((answer) => answer.verdict === verdict)
      .map((answer) => answer.id)
      .join(' ');
  const failed = idsOf('fail');
  const undecided = idsOf('cannot_tell');
  return formatExplanation({
    expectedVsActual: failed === '' ? 'criteria pass -> no failure' : `criteria pass -> ${failed} fail`,
    detail: `judged: ${failed === '' ? 'none failed' : `failed ${failed}`}${undecided === '' ? '' : `; not decided ${undecided}`}`,
  });
}
