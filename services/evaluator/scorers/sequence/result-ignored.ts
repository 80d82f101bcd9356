import { blockFacts } from '../conversation/block-facts.ts';
import type { Conversation, ConversationCall } from '../conversation/conversation.ts';
import { isReadCall } from '../conversation/is-read-call.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { failed, quoted } from './failure.ts';

/** New things that a result must tell before it can be ignored. */
const FRESH_MIN = 3;
const TOKENS_MAX = 600;
const READ_CHARACTERS_MAX = 20_000;
const TOKEN = /[a-z0-9](?:[a-z0-9_.@-]*[a-z0-9])?/g;
const TOKEN_CHARACTERS_MIN = 4;
/** Words of records that any answer may have. */
const PLAIN = new Set(
  'true false null none with from your this that have been order user item items name type status data info list result results date time address email phone number price total payment method card credit account active available pending plan line bill customer product option options country city state street avenue lane road suite first last united states message value'.split(
    ' ',
  ),
);

/** The values of a result, without the names of its fields. */
function tokensOf(text: string): readonly string[] {
  const values = text
    .slice(0, READ_CHARACTERS_MAX)
    .toLowerCase()
    .replace(/"[\w -]+"\s*:/g, ' ');
  const tokens = (values.match(TOKEN) ?? []).filter(
    (token) => token.length >= TOKEN_CHARACTERS_MIN && !PLAIN.has(token),
  );
  return [...new Set(tokens)].slice(0, TOKENS_MAX);
}

/** Whether a result tells something that nothing before it did. */
function isNews(call: ConversationCall, tokens: readonly string[], conversation: Conversation): boolean {
  const at = call.result?.message ?? 0;
  const before = [
    ...conversation.systemTexts,
    ...conversation.userTexts.filter(({ message }) => message < at),
    ...conversation.assistantTexts.filter(({ message }) => message < at),
    ...conversation.results.filter((other) => other.message <= at && other !== call.result),
  ].map(({ text }) => blockFacts(text).lower);
  const fresh = tokens.filter((token) => /\d/.test(token) && !before.some((earlier) => earlier.includes(token)));
  return fresh.length >= FRESH_MIN;
}

/** What came after a result: the arguments of later calls, and the answer. */
function saidAfter(message: number, conversation: Conversation): readonly string[] {
  const later = conversation.calls
    .filter((call) => call.message > message)
    .map(({ input }) => JSON.stringify(input ?? null).toLowerCase());
  const texts = conversation.assistantTexts.filter((text) => text.message > message).map(({ text }) => text);
  const spoken = [...texts, conversation.replyText ?? ''].join('\n').toLowerCase();
  // A blank may stand in prose for what joins words in data, and a comma in a number.
  return [...later, spoken, spoken.replace(/[\s-]+/g, '_'), spoken.replace(/(\d),(?=\d{3})/g, '$1')];
}

/** A word counts where a word begins, so that a hose is not found in `those`; ids and numbers count anywhere. */
function speaksOf(text: string, token: string): boolean {
  let at = text.indexOf(token);
  if (at === -1 || /\d/.test(token)) return at !== -1;
  while (at > 0 && /[\p{L}\d]/u.test(text.charAt(at - 1))) at = text.indexOf(token, at + 1);
  return at !== -1;
}

function score(subject: ScoringSubject): ScorerResult {
  const { delivered, conversation } = subject;
  if (delivered === null || delivered.toolCalls.length > 0) return NOT_APPLICABLE;
  if (conversation === null) return unknown('the conversation before this call was not captured');
  const since = conversation.calls.filter(({ message }) => message > conversation.lastUserMessage);
  const read = since.filter((call) => call.result?.kind === 'ok' && isReadCall(call));
  if ((conversation.replyText ?? '').trim() === '' || read.length === 0) return NOT_APPLICABLE;
  // Who looks into many to find one uses one.
  for (const calls of Map.groupBy(read, ({ name }) => name).values()) {
    const [first] = calls;
    if (first === undefined) continue;
    const after = saidAfter(first.message, conversation);
    const told = calls.map((call) => ({ call, tokens: tokensOf(call.result?.text ?? '') }));
    const isUsed = told.some(({ tokens }) => tokens.some((token) => after.some((text) => speaksOf(text, token))));
    if (isUsed || !told.some(({ call, tokens }) => isNews(call, tokens, conversation))) continue;
    return failed(
      { owner: 'provider', severity: 'warning' },
      {
        expectedVsActual: 'result used -> not used',
        detail: 'nothing that a result tells is in the answer or in a later call',
      },
      [quoted(first.result?.pointer ?? first.pointer, first.result?.text ?? ''), quoted('/response/content', '')],
    );
  }
  return PASSED;
}

export const resultIgnored: Scorer = {
  id: 'result_ignored',
  version: '2',
  metric: 'taskCompletion',
  pass: 'call',
  owner: 'provider',
  severity: 'warning',
  definition: 'Of what a reading tool newly tells, something is in a later call or in the answer that ends the turn.',
  score,
};
