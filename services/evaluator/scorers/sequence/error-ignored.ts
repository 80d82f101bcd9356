import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { failed, quoted } from './failure.ts';
import { unqualifiedClaim } from './phrases.ts';

function score(subject: ScoringSubject): ScorerResult {
  const { delivered, conversation } = subject;
  if (delivered === null) return NOT_APPLICABLE;
  if (conversation === null) return unknown('the conversation before this call was not captured');
  const errors = conversation.latestResults.filter(
    ({ kind }) => kind === 'invalid_parameter' || kind === 'environment',
  );
  const [first] = errors;
  if (first === undefined) return NOT_APPLICABLE;
  // Another call may be the retry; whether it is one shows in the next turn.
  if (delivered.toolCalls.length > 0) return PASSED;
  const nameOf = (id: string) => conversation.calls.findLast((call) => call.id === id)?.name;
  const isMadeUpFor = errors.every(({ id }) =>
    conversation.latestResults.some((result) => result.kind === 'ok' && nameOf(result.id) === nameOf(id)),
  );
  const text = conversation.replyText ?? '';
  const claim = isMadeUpFor ? null : unqualifiedClaim(text);
  if (claim === null) return PASSED;
  return failed(
    { owner: 'provider', severity: 'error' },
    {
      expectedVsActual: 'error dealt with -> success claimed',
      detail: 'a tool reported an error, and the answer claims success without a word of it',
    },
    [quoted('/response/content', claim), quoted(first.pointer, first.text)],
  );
}

export const errorIgnored: Scorer = {
  id: 'error_ignored',
  version: '2',
  metric: 'taskCompletion',
  pass: 'call',
  owner: 'provider',
  severity: 'error',
  definition: 'After an error of a tool the answer retries, corrects or mentions it, and does not claim success.',
  score,
};
