import { isRecord } from './json.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from './scorer.ts';
import type { CatalogueTool, ScoringSubject } from './scoring-subject.ts';

const QUOTE_CHARACTERS_MAX = 200;
/** A longer request has words in common with any tool. */
const WORDS_MAX = 60;
/** Letters in which two words have to begin alike; `calculate`, `calculation` and `calculator` are one. */
const STEM_CHARACTERS = 5;

const FORBIDDEN =
  /\b(?:do not|don't|dont|without|never|no need to)\s+(?:us(?:e|ing)|call(?:ing)?|invok(?:e|ing)|run(?:ning)?)\s+(?:any\s+|the\s+|your\s+)?(?:tools?|functions?)\b|\bno tools?\s*(?:please|,|\.|$)|\banswer (?:directly|from memory)\b/i;

/** Words that say nothing of what a request is about. */
const EMPTY_WORDS = new Set(
  (
    'a about all also am an and any are as at be been but by can could did do does for from get give given had has have how i if in into is it its ' +
    'like make me more most my need no not of on one or our out over please provide s should show so some tell than that the their them then there ' +
    'these they this to two up us use using value values want was we were what when where which who will with would you your find out what function ' +
    'tool returns return based specific user string integer number name list type'
  ).split(' '),
);

function stemsOf(text: string): Set<string> {
  const words = text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .match(/[\p{L}]{3,}/gu);
  return new Set((words ?? []).filter((word) => !EMPTY_WORDS.has(word)).map((word) => word.slice(0, STEM_CHARACTERS)));
}

function stemsOfTool({ name, inputSchema, description }: CatalogueTool): Set<string> {
  const properties = isRecord(inputSchema?.['properties']) ? inputSchema['properties'] : {};
  const details = Object.entries(properties).map(
    ([key, schema]) => `${key} ${isRecord(schema) ? String(schema['description'] ?? '') : ''}`,
  );
  return stemsOf([name, description, ...details].join(' '));
}

function finding(quote: string, expectedVsActual: string, detail: string, pointer: string): ScorerResult {
  return {
    outcome: 'fail',
    owner: 'provider',
    severity: 'warning',
    evidence: [{ pointer }, { pointer: '/request/messages', quote: quote.slice(0, QUOTE_CHARACTERS_MAX) }],
    expectedVsActual,
    detail,
  };
}

function score(subject: ScoringSubject): ScorerResult {
  const [call] = subject.delivered?.toolCalls ?? [];
  const { catalogue, conversation } = subject;
  if (call === undefined) return NOT_APPLICABLE;
  if (conversation === null || catalogue === null) return unknown('the request was not captured', 'warning');
  const choice = subject.request?.['tool_choice'];
  if (isRecord(choice) && (choice['type'] === 'any' || choice['type'] === 'tool')) return NOT_APPLICABLE;
  const asked = conversation.userTexts.filter(({ message }) => message === conversation.lastUserMessage);
  const text = asked.map((passage) => passage.text).join('\n');
  // Within a chain of calls it is the results that ask for the next one.
  if (text === '' || conversation.latestResults.length > 0) return NOT_APPLICABLE;
  if (FORBIDDEN.test(text))
    return finding(text, 'no call -> a call', 'a tool is called although the user forbids it', call.pointer);
  const isOnlyRequest = conversation.userTexts.length === asked.length && conversation.systemTexts.length === 0;
  if (!isOnlyRequest) return PASSED;
  const wanted = stemsOf(text);
  if (wanted.size === 0 || wanted.size > WORDS_MAX) return PASSED;
  for (const tool of catalogue.values()) {
    if (tool.inputSchema === null) return PASSED;
    for (const stem of stemsOfTool(tool)) if (wanted.has(stem)) return PASSED;
  }
  return finding(
    text,
    'no fitting tool -> a call',
    'a tool is called and none has a word in common with the request',
    call.pointer,
  );
}

export const callWhenAnswer: Scorer = {
  id: 'call_when_answer',
  version: '1',
  metric: 'toolUse',
  pass: 'call',
  owner: 'provider',
  severity: 'warning',
  definition: 'No tool is called where the user forbids it, or where no tool shares a single word with the request.',
  score,
};
