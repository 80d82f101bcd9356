import { isSameCall } from '../conversation/call-identity.ts';
import { isReadCall, isWaitingCall } from '../conversation/is-read-call.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { failed, quoted } from './failure.ts';

function score(subject: ScoringSubject): ScorerResult {
  const { delivered, conversation, followingResults } = subject;
  const reads = (delivered?.toolCalls ?? [])
    .map((call) => ({ ...call, input: call.given }))
    .filter((call) => isReadCall(call) && !isWaitingCall(call));
  if (reads.length === 0) return NOT_APPLICABLE;
  if (conversation === null) return unknown('the conversation before this call was not captured');
  // A warning is not worth a row at the end of every session.
  if (followingResults === null) return NOT_APPLICABLE;
  for (const read of reads) {
    const now = followingResults.get(read.id);
    // Few results are the same; only their calls are worth comparing.
    const mayBeSame = conversation.calls.some((call) => call.name === read.name && call.result?.text === now?.text);
    if (!mayBeSame) continue;
    const before = conversation.calls.findLastIndex((call) => isSameCall(call, read));
    const earlier = conversation.calls[before];
    if (earlier?.result == null || now === undefined || earlier.result.kind !== 'ok') continue;
    if (earlier.result.text !== now.text) continue;
    if (conversation.calls.slice(before + 1).some((call) => !isReadCall(call))) continue;
    return failed(
      { owner: 'provider', severity: 'warning' },
      {
        expectedVsActual: 'new reading -> same reading again',
        detail: 'what was read before is read again and is the same, with nothing changed in between',
      },
      [quoted(read.pointer, read.name), quoted(earlier.pointer, '')],
    );
  }
  return PASSED;
}

export const redundantRead: Scorer = {
  id: 'redundant_read',
  version: '1',
  metric: 'efficiency',
  pass: 'outcome',
  owner: 'provider',
  severity: 'warning',
  definition: 'What was read before is not read again to the same result, unless something may have changed it.',
  score,
};
