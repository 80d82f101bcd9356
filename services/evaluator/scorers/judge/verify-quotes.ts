import { unmark } from './datamark.ts';
import type { RenderedTranscript } from './render-transcript.ts';
import { CANARIES } from './rubric.ts';
import type { CriterionVerdict, JudgeVerdict } from './verdict.ts';

const QUOTE_CHARACTERS_MIN = 3;
const QUOTE_CHARACTERS_MAX = 400;

export interface VerifiedVerdict {
  /** The verdict with every criterion set to `cannot_tell` whose evidence did not hold. */
  readonly verdict: JudgeVerdict;
  /** Ids of those criteria. */
  readonly unverified: readonly string[];
}

/**
 * Holds every quote against the message it names, blanks aside. A criterion with a quote that is not there, or a failure
 * without any quote, is not decided: this is the cheapest guard against invented verdicts.
 */
export function verifyQuotes(verdict: JudgeVerdict, transcript: RenderedTranscript): VerifiedVerdict {
  const texts = new Map([
    ['system', unmark(transcript.system)],
    ['tools', unmark(transcript.catalogue)],
    ...transcript.messages.map((message) => [message.id, unmark(message.text)] as const),
  ]);
  const controls = new Set(CANARIES.map((canary) => canary.id));
  const unverified: string[] = [];
  const criteria = verdict.criteria.map((criterion): CriterionVerdict => {
    if (controls.has(criterion.id) || criterion.verdict === 'cannot_tell' || holds(criterion, texts)) return criterion;
    unverified.push(criterion.id);
    return { ...criterion, verdict: 'cannot_tell', evidence: [] };
  });
  return { verdict: { ...verdict, criteria }, unverified };
}

function holds(criterion: CriterionVerdict, texts: ReadonlyMap<string, string>): boolean {
  if (criterion.verdict === 'fail' && criterion.evidence.length === 0) return false;
  return criterion.evidence.every(({ message, quote }) => {
    const text = texts.get(quotedId(message));
    const wanted = unmark(quote);
    if (text === undefined || wanted.length < QUOTE_CHARACTERS_MIN || wanted.length > QUOTE_CHARACTERS_MAX)
      return false;
    return text.includes(wanted);
  });
}

/** Judges write the id with or without the brackets that it stands in. */
export function quotedId(message: string): string {
  return message.replace(/[[\]\s]/g, '');
}
