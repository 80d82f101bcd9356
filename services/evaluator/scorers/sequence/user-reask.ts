import { readFollowingTexts } from '../conversation/following-texts.ts';
import { contentWords, overlap } from '../conversation/word-overlap.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { failed, quoted } from './failure.ts';
import { asksBack, correctionIn } from './phrases.ts';

/** What clients write in the user's place when a person stops the agent. */
const INTERRUPTED = /^\s*\[Request interrupted by user/;
/** Words that two requests share before one is the other again. */
const RESTATED_SHARE = 0.75;
const RESTATED_WORDS_MIN = 5;

function score(subject: ScoringSubject): ScorerResult {
  const { response, conversation } = subject;
  if (response === null) return NOT_APPLICABLE;
  const following = subject.part(readFollowingTexts);
  // A warning is not worth a row at the end of every session.
  if (following === null) return NOT_APPLICABLE;
  const [first] = following;
  if (first === undefined) return NOT_APPLICABLE;
  if (conversation === null) return unknown('the conversation before this call was not captured');
  const blame = { owner: 'provider', severity: 'warning' } as const;
  const place = [quoted(`/nextRequest${first.pointer}`, first.text)];
  if (following.some(({ text }) => INTERRUPTED.test(text))) {
    return failed(
      blame,
      { expectedVsActual: 'next request -> interrupted', detail: 'the user stopped the agent' },
      place,
    );
  }
  const wasAsked = asksBack(conversation.replyText ?? '');
  if (correctionIn(first.text, wasAsked) !== null) {
    return failed(
      blame,
      { expectedVsActual: 'next request -> correction', detail: 'the user corrects what the agent did' },
      place,
    );
  }
  const words = contentWords(first.text);
  const asked = conversation.userTexts.at(-1);
  const before = contentWords(asked?.text ?? '');
  // Who is asked says again what was said before, and a bit more.
  const isRestated =
    !wasAsked &&
    !/\bplease\b/i.test(conversation.replyText ?? '') &&
    Math.min(words.size, before.size) >= RESTATED_WORDS_MIN &&
    isAsLong(words, before) &&
    overlap(words, before) >= RESTATED_SHARE;
  if (!isRestated) return PASSED;
  return failed(
    blame,
    { expectedVsActual: 'next request -> same request again', detail: 'the user asks for the same thing again' },
    place,
  );
}

/** A long request holds the words of many short ones. */
function isAsLong(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return Math.min(left.size, right.size) * 2 >= Math.max(left.size, right.size);
}

export const userReask: Scorer = {
  id: 'user_reask',
  version: '1',
  metric: 'taskCompletion',
  pass: 'outcome',
  owner: 'provider',
  severity: 'warning',
  definition: 'The user neither asks the same thing again, nor corrects or stops the agent, in the turn that follows.',
  score,
};
