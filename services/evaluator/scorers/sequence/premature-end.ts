import type { Conversation } from '../conversation/conversation.ts';
import { isRecord } from '../json.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { failed, quoted } from './failure.ts';
import { asksBack, mentionsProblem, successClaim } from './phrases.ts';

/** Tools with which agents keep their list of things to do. */
const TODO_TOOL = /todo|update_plan|write_plan|task_?list/i;
const OPEN = /^(pending|in_progress|in-progress|open|todo|not_started)$/i;
/** Below this an answer to an error says nothing of it. */
const SPOKEN_CHARACTERS_MIN = 1;

/** Open items of the list that was written last since the user spoke, or null without a list. */
function openTodos(conversation: Conversation): { readonly pointer: string; readonly open: number } | null {
  const written = conversation.calls.findLast(
    ({ name, input, message }) =>
      TODO_TOOL.test(name) && message > conversation.lastUserMessage && listOf(input) !== null,
  );
  if (written === undefined) return null;
  const open = (listOf(written.input) ?? []).filter((item) => isRecord(item) && OPEN.test(String(item['status'])));
  return { pointer: written.pointer, open: open.length };
}

function listOf(input: unknown): readonly unknown[] | null {
  if (!isRecord(input)) return null;
  const list = input['todos'] ?? input['plan'] ?? input['items'] ?? input['tasks'];
  return Array.isArray(list) && list.length > 0 ? (list as unknown[]) : null;
}

function score(subject: ScoringSubject): ScorerResult {
  const { delivered, conversation } = subject;
  if (delivered === null || delivered.toolCalls.length > 0 || delivered.stopReason !== 'end_turn')
    return NOT_APPLICABLE;
  if (conversation === null) return unknown('the conversation before this call was not captured');
  const todos = openTodos(conversation);
  const last = conversation.latestResults.at(-1);
  if (todos === null && last === undefined) return NOT_APPLICABLE;
  const text = (conversation.replyText ?? '').trim();
  const blame = { owner: 'provider', severity: 'warning' } as const;
  if (todos !== null && todos.open > 0 && !asksBack(text) && !mentionsProblem(text)) {
    return failed(
      blame,
      { expectedVsActual: 'open todos 0 -> 1+', detail: 'the turn ends with items of its own list still open' },
      [quoted(todos.pointer, ''), quoted('/response/content', text)],
    );
  }
  const isError = last?.kind === 'invalid_parameter' || last?.kind === 'environment';
  // A claim of success after an error is a check of its own.
  const isSilent = text.length >= SPOKEN_CHARACTERS_MIN && !mentionsProblem(text) && !asksBack(text);
  if (last === undefined || !isError || !isSilent || successClaim(text) !== null) return PASSED;
  return failed(
    blame,
    {
      expectedVsActual: 'last result ok -> error',
      detail: 'the turn ends on the error of a tool, without a word of it',
    },
    [quoted(last.pointer, last.text), quoted('/response/content', text)],
  );
}

export const prematureEnd: Scorer = {
  id: 'premature_end',
  version: '1',
  metric: 'taskCompletion',
  pass: 'call',
  owner: 'provider',
  severity: 'warning',
  definition:
    'A turn does not end with items of its own list open, or on an error that it neither mentions nor asks about.',
  score,
};
