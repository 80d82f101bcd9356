/**
 * What texts of assistants and users say about success and failure, in English; in other languages these checks find
 * nothing, and say nothing.
 */

const SUCCESS: readonly RegExp[] = [
  /\bsuccess(?:fully|ful)\b/i,
  /\b(?:has|have) (?:now |already |also |just |all )*been (?:now |successfully )*(?!unable|un)(?:\w+ed|sent|set|made|done|put|paid|written|built|run|begun)\b/i,
  /\b(?:is|are) now (?:\w+ed|set|active|enabled|complete|ready|live|back|fixed|done|in place|on|off|up)\b/i,
  /\bI(?:'ve| have)(?: now| just| also| successfully)* (?!been|not|never|no\b|reviewed|checked|looked|found|noted|verified|located|seen|tried|read|identified|confirmed that)(?:\w+ed|sent|set|made|done|put|written|built|run)\b/i,
  /\b(?:all (?:set|done)|it(?:'s| is) done|done!|completed?\b(?! the (?:following|form)))/i,
  /\byou (?:will|should|'ll) (?:now |shortly |soon )*(?:receive|see|get|be able|be (?:refunded|charged|credited))\b/i,
  /\b(?:was|were) (?:just |now )?(?:\w+ed|sent|set|made|done|put|written|built) (?:for you|as requested|as you (?:asked|wished))\b/i,
];

/** Takes a claim back within its sentence. */
const NEGATED =
  /\b(?:not|no longer possible|unable|cannot|can't|couldn't|won't|wasn't|weren't|isn't|aren't|hasn't|haven't|didn't|fail(?:s|ed|ure)?|error|unsuccessful(?:ly)?|unless)\b/i;

/** Words in which an answer owns up to a fault. */
const PROBLEM =
  /\b(?:errors?|fail(?:s|ed|ure|ing)?|unsuccessful(?:ly)?|unable|cannot|can't|could(?: not|n't)|(?:was|were|is|are|does|did|do|has|have)(?: not|n't) (?:\w+ )?(?:able|found|find|available|possible|allowed|been|exist|work|go|match|enough|valid|eligible|process|complete|support|permit|recogni[sz]e|locate|accept)\w*|no (?:record|account|match|result|user|order|reservation|plan|such|longer)\w*|not found|unfortunately|apologi[sz]e|apolog\w+|sorry|issues?|problems?|trouble|difficult(?:y|ies)|unavailable|invalid|declined|insufficient|denied|rejected|exceed\w*|mistake|incorrect(?:ly)?|alternativ\w+|retry|try(?:ing)? (?:again|another|a different)|unexpected(?:ly)?|timed? ?out|crash\w*|wrong|isn't|wasn't|didn't|doesn't)\b/i;
/** Words in which only a fault is told, wherever they stand. */
const FAULT =
  /\b(?:errors?|fail(?:s|ed|ure|ing)?|unsuccessful(?:ly)?|unable|could(?: not|n't)|unfortunately|apologi[sz]e|apologies|sorry|issues?|problems?|trouble|(?:did|was|were|has|have)(?: not|n't) (?:go|work|been|complete|successful|able|found|processed)\w*|not found|unavailable)\b/i;
const CONDITION = /\b(?:if|in case|should you|once|when|before|unless)\b/i;
/** Regret that goes with any bad news, and owns up to no fault. */
const SYMPATHY =
  /\b(?:sorry|apologi[sz]e|apologies)\b(?:(?: that)? (?:I|we) (?:could(?:n't| not)|can't|cannot) (?:do|offer|help)(?: you)?(?: any)? (?:more|further)|(?: to (?:hear|see|learn)| for| about) [^.,;!?]{0,40}?\b(?:inconvenience|frustrat\w+|disappoint\w+|delay|wait|confusion))\b/gi;
/** What the reader is told to press is the name of something, whatever it says. */
const LABEL = /\b(?:select|choose|click|tap|press|open)(?: on)? (?:["“][^"”]{1,60}["”](?:,? (?:or|and|then) )?)+/gi;
/** What is said at the end of any answer. */
const CLOSING =
  /\b(?:if you (?:have|need|experience|encounter|run into|notice|face)|anything else|let me know|feel free|should you|any (?:other|further) (?:questions|issues|problems))\b/i;

/** The first sentence that says that something was done, or null. */
export function successClaim(text: string): string | null {
  for (const sentence of sentencesOf(text)) {
    if (
      /\?\s*$/.test(sentence) ||
      /^\s*(?:if|once|when|after|before|as soon as|please|would|could|to)\b/i.test(sentence)
    )
      continue;
    if (SUCCESS.some((pattern) => pattern.test(sentence)) && !NEGATED.test(sentence)) return sentence.trim();
  }
  return null;
}

/** Whether a text speaks of anything that went wrong. */
export function mentionsProblem(text: string): boolean {
  return sentencesOf(text).some((sentence) => !CLOSING.test(sentence) && PROBLEM.test(sentence));
}

/**
 * The sentence that claims success in a text that owns up to no fault, or null. Limits and rules that are told after the
 * claim are no excuse: whoever reports a fault does so at once.
 */
export function unqualifiedClaim(text: string): string | null {
  const claim = successClaim(text);
  if (claim === null) return null;
  const sentences = sentencesOf(text);
  const at = sentences.findIndex((sentence) => sentence.trim() === claim);
  if (sentences.slice(0, at).some((sentence) => !CLOSING.test(sentence) && PROBLEM.test(sentence))) return null;
  const told = sentences.some(
    (sentence) =>
      !CLOSING.test(sentence) &&
      !CONDITION.test(sentence) &&
      FAULT.test(sentence.replace(SYMPATHY, '').replace(LABEL, '')),
  );
  return told ? null : claim;
}

function sentencesOf(text: string): readonly string[] {
  return text.replaceAll('’', "'").split(/(?<=[.!?])\s+|\n+|(?:\\n)+/);
}

/** Whether a text asks its reader for something. */
export function asksBack(text: string): boolean {
  const plain = text.replaceAll('’', "'");
  return (
    /\?/.test(plain.slice(-600)) ||
    /\b(?:please (?:provide|confirm|let me know|tell|share|specify|choose|reply)|let me know|could you|would you)\b/i.test(
      plain,
    )
  );
}

/** A plain no, which may as well be the answer to a question. */
const DENIAL =
  /^\s*(?:no|nope|wrong|stop|wait)\b(?!,? (?:that's (?:all|it|okay|ok|fine|everything)|thank|need|worries|problem|i'm (?:good|fine|all set)|nothing))/i;
const CORRECTION =
  /^\s*(?:(?:no|nope|wrong|stop|wait)[,.!]? (?:that|this|it)(?:'s| is| was)(?: not|n't)? (?:wrong|incorrect|right|what|correct)|that(?:'s| is| was) (?:not (?:right|correct|what|true)|wrong|incorrect)|this is (?:not (?:right|correct|what)|wrong)|not what i|i (?:meant|already (?:said|told|gave)|told you|didn't (?:ask|want|mean)|did not (?:ask|want|mean)|never (?:said|asked))|you (?:misunderstood|forgot|missed|ignored|didn't|did not|haven't|still haven't)|it still (?:doesn't|does not|isn't|fails)|undo (?:that|this|it)|revert (?:that|this|it))/i;
const CORRECTION_ANYWHERE =
  /\b(?:that(?:'s| is) not what i (?:asked|meant|wanted|said)|not what i (?:asked|meant|wanted)|i (?:already|just) (?:said|told you|asked|gave you)|as i (?:already )?(?:said|asked)|like i said|you (?:misunderstood|ignored my|forgot to)|what i meant|please re-?read)\b/i;

/**
 * Words with which a person takes up again what went wrong, or null.
 *
 * @param wasAsked whether the person was asked something, so that a plain no is an answer
 */
export function correctionIn(text: string, wasAsked: boolean): string | null {
  const plain = text.replaceAll('’', "'");
  const found = CORRECTION.exec(plain) ?? CORRECTION_ANYWHERE.exec(plain) ?? (wasAsked ? null : DENIAL.exec(plain));
  return found?.[0].trim() ?? null;
}
