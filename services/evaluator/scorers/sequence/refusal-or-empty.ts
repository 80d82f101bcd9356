import { textOfContent } from '../conversation/conversation.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { failed, quoted } from './failure.ts';

/** A refusal of a model is short; whoever writes more says why, or does something. */
const REFUSAL_CHARACTERS_MAX = 400;
const REFUSAL: readonly RegExp[] = [
  /^(?:i(?:'m| am) (?:really |very )?sorry,? (?:but )?)?i (?:can(?:'|no)t|am (?:unable|not able) to|won't|will not) (?:assist|help|comply|fulfill?|continue|engage|participate|support|discuss)(?: you)?(?: with)?(?: (?:that|this|your|such|the|these|those))?(?: (?:request|requests|question|topic|task|matter|conversation|content))?[.!]?(?:\s|$)/i,
  /^(?:i(?:'m| am) sorry,? (?:but )?)?as an? (?:ai|artificial intelligence|language model)\b.{0,80}\b(?:can(?:'|no)t|unable|not able|don't have)\b/i,
  /^(?:i(?:'m| am) sorry,? (?:but )?)?(?:this|that|your) (?:request|content|prompt) (?:violates|goes against|is against|cannot be (?:processed|completed))/i,
  /^i must (?:respectfully )?decline\b/i,
];
/** Where a rule or a reason is given, whoever refuses may be right. */
const REASON =
  /\b(?:because|since|polic(?:y|ies)|only|unless|instead|however|but i can(?!'t|not)|transfer|human agent|terms|rule)\b/i;

function score(subject: ScoringSubject): ScorerResult {
  const { delivered, status, conversation } = subject;
  if (delivered === null || status !== 'ok' || delivered.toolCalls.length > 0) return NOT_APPLICABLE;
  // Without a word it is no answer of any kind, which the check of stop reasons says.
  if (!delivered.hasOtherContent && delivered.stopReason !== 'refusal') return NOT_APPLICABLE;
  const text = (conversation?.replyText ?? spokenText(subject)).trim().replaceAll('’', "'");
  const blame = { owner: 'provider', severity: 'error' } as const;
  if (delivered.stopReason === 'refusal') {
    return failed(
      blame,
      { expectedVsActual: 'answer -> stop refusal', detail: 'the model stopped because it refuses to answer' },
      [quoted('/response/stop_reason', 'refusal')],
    );
  }
  if (text === '') return NOT_APPLICABLE;
  if (!/[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(text)) {
    return failed(
      blame,
      { expectedVsActual: 'answer -> no word', detail: 'the answer has no letter and no digit in it' },
      [quoted('/response/content', text)],
    );
  }
  const spoken = text.replace(/^(?:sorry|unfortunately|apologies),?\s*(?:but )?/i, '');
  const refuses = text.length <= REFUSAL_CHARACTERS_MAX && REFUSAL.some((pattern) => pattern.test(spoken));
  if (!refuses || REASON.test(spoken)) return PASSED;
  return failed(
    blame,
    { expectedVsActual: 'answer -> refusal', detail: 'the model refuses without a reason that lies in the task' },
    [quoted('/response/content', text)],
  );
}

function spokenText(subject: ScoringSubject): string {
  const content = subject.response?.['content'];
  return textOfContent(content);
}

export const refusalOrEmpty: Scorer = {
  id: 'refusal_or_empty',
  version: '1',
  metric: 'taskCompletion',
  pass: 'call',
  owner: 'provider',
  severity: 'error',
  definition: 'The answer says something, and does not refuse without a reason that lies in the task.',
  score,
};
