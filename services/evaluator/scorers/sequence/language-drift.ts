import { hasSentenceIn, languageOf } from '../conversation/language.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';
import { withoutCode } from '../spoken-text.ts';
import { failed, quoted } from './failure.ts';

/** Words by which another language is asked for, or is what the task is about. */
const ABOUT_LANGUAGE =
  /\b(?:translat\w*|language|locali[sz]\w*|english|spanish|french|german|portuguese|italian|dutch|russian|chinese|mandarin|japanese|korean|arabic|hebrew|hindi|greek|thai|español|français|deutsch|português|italiano|nederlands|übersetz\w*|tradu\w*)\b|перевед|翻译|翻訳|번역|ترجم/i;
/** How many of the user's newest words tell the user's language. */
const USER_TEXTS_READ = 3;
/** Of each text its beginning tells the language. */
const READ_CHARACTERS_MAX = 4_000;

function score(subject: ScoringSubject): ScorerResult {
  const { conversation, delivered } = subject;
  if (conversation === null || delivered === null) return NOT_APPLICABLE;
  const reply = languageOf(withoutCode((conversation.replyText ?? '').slice(0, READ_CHARACTERS_MAX)));
  if (reply === null) return NOT_APPLICABLE;
  const asked = conversation.userTexts.slice(-USER_TEXTS_READ);
  const said = withoutCode(asked.map(({ text }) => text.slice(0, READ_CHARACTERS_MAX)).join('\n'));
  const user = languageOf(said);
  if (user === null) return NOT_APPLICABLE;
  if (user === reply || user === 'latin' || reply === 'latin') return PASSED;
  const rules = [...conversation.systemTexts.slice(0, 1), ...conversation.userTexts];
  if (rules.some(({ text }) => ABOUT_LANGUAGE.test(text))) return PASSED;
  // Of a text in one language with a question in another, nobody can tell which one the answer is to be in.
  if (hasSentenceIn(said, reply, user)) return NOT_APPLICABLE;
  return failed(
    { owner: 'provider', severity: 'warning' },
    { expectedVsActual: `language ${user} -> ${reply}`, detail: 'the answer is in another language than the request' },
    [quoted('/response/content', conversation.replyText ?? ''), quoted(asked.at(-1)?.pointer ?? '/messages', '')],
  );
}

export const languageDrift: Scorer = {
  id: 'language_drift',
  version: '2',
  metric: 'taskCompletion',
  pass: 'call',
  owner: 'provider',
  severity: 'warning',
  definition: "The answer is in the user's language, unless another one is asked for.",
  score,
};
