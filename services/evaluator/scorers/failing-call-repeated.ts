import type { Severity } from '#shared/domain/score.ts';
import { isSameCall } from './conversation/call-identity.ts';
import type { Conversation, ConversationCall } from './conversation/conversation.ts';
import { isReadCall } from './conversation/is-read-call.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from './scorer.ts';
import type { DeliveredToolCall, ScoringSubject } from './scoring-subject.ts';

/** How often the same call stands in a row with an error each time, this one included. */
const SEVERITY_OF_REPEATS: readonly (readonly [number, Severity])[] = [
  [4, 'fatal'],
  [3, 'error'],
  [2, 'warning'],
];

function hasFailed(call: ConversationCall): boolean {
  return call.result !== null && call.result.kind !== 'ok' && call.result.kind !== 'declined';
}

/**
 * Failures of the same call up to now. A success of it, something else that was changed meanwhile, and a word of the
 * user each make the next try a first one.
 */
function failuresBefore(call: DeliveredToolCall, conversation: Conversation): number {
  if (!conversation.calls.some((previous) => previous.name === call.name && hasFailed(previous))) return 0;
  let failures = 0;
  let since = -1;
  for (const previous of conversation.calls) {
    if (previous.result === null) continue;
    const asked = { name: call.name, input: call.given };
    if (previous.name === call.name && isSameCall(previous, asked)) {
      if (hasWordBetween(conversation, since, previous.message)) failures = 0;
      failures = hasFailed(previous) ? failures + 1 : 0;
      since = previous.message;
    } else if (failures > 0 && !hasFailed(previous) && !isReadCall(previous)) failures = 0;
  }
  return hasWordBetween(conversation, since, Number.POSITIVE_INFINITY) ? 0 : failures;
}

function hasWordBetween(conversation: Conversation, after: number, before: number): boolean {
  return after >= 0 && conversation.userTexts.some(({ message }) => message > after && message < before);
}

function score(subject: ScoringSubject): ScorerResult {
  const calls = subject.delivered?.toolCalls ?? [];
  if (calls.length === 0) return NOT_APPLICABLE;
  const { conversation } = subject;
  if (conversation === null) return unknown('the conversation before this call was not captured');
  const worst = calls
    .map((call) => ({ call, repeats: 1 + failuresBefore(call, conversation) }))
    .sort((left, right) => right.repeats - left.repeats)[0];
  const severity = SEVERITY_OF_REPEATS.find(([least]) => (worst?.repeats ?? 0) >= least)?.[1];
  if (worst === undefined || severity === undefined) return PASSED;
  return {
    outcome: 'fail',
    owner: 'provider',
    severity,
    evidence: [{ pointer: worst.call.pointer }],
    expectedVsActual: `changed call after error -> same call ${worst.repeats >= 4 ? '4+' : worst.repeats} times`,
    detail: 'a tool call is repeated unchanged after its error',
  };
}

export const failingCallRepeated: Scorer = {
  id: 'failing_call_repeated',
  version: '2',
  metric: 'toolUse',
  pass: 'call',
  owner: 'provider',
  severity: 'warning',
  definition: 'A tool call that returned an error is not repeated with the same arguments while nothing has changed.',
  score,
};
