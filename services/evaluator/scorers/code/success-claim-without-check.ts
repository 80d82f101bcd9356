import { readFileAction } from '../files/file-action.ts';
import { isReadOnlyCommand } from '../files/shell-command.ts';
import { NOT_APPLICABLE, PASSED, type Scorer, type ScorerResult, unknown } from '../scorer.ts';
import type { ScoringSubject } from '../scoring-subject.ts';

const QUOTE_CHARACTERS_MAX = 200;
const CODE_FILE =
  /\.(c|cc|cpp|cs|go|h|hpp|java|jsx?|kt|mjs|cjs|mts|cts|php|py|rb|rs|scala|sh|sql|swift|tsx?|vue|zig)$/i;
/** A sentence that says that something works now. */
const CLAIM: readonly RegExp[] = [
  /\b(?:all |the |unit |every )*(?:tests?|specs?|checks?|build|lint|type ?check(?:s|ing)?) (?:(?:are|is) )?(?:now )?(?:all )?(?:pass(?:es|ing|ed)?|succeed(?:s|ed)?|green)\b/i,
  /\b(?:bug|issue|problem|error|failure|crash|fix)\b[^.\n]{0,40}\b(?:is|has been|was|are) (?:now )?(?:completely |fully |successfully )?(?:fixed|resolved|solved|verified)\b/i,
  /\b(?:works|working) (?:now|correctly|as expected|properly)\b|\bnow works\b/i,
  /\bI(?:'ve| have)? (?:verified|confirmed|tested)\b/i,
];
/** Words that take a claim back, in the same sentence. */
const NOT_CLAIMED =
  /\b(?:should|would|could|might|may|will|if|once|when|whether|to (?:verify|confirm|check|ensure|make sure)|not|n't|cannot|unable|unless|please|let me|can you|ensure|make sure|assum|expect(?:ed)? to|haven't|until|before)\b/i;

function claimIn(text: string): string | null {
  for (const sentence of text.split(/(?<=[.!?])\s+|\n+/)) {
    if (NOT_CLAIMED.test(sentence)) continue;
    if (CLAIM.some((pattern) => pattern.test(sentence))) return sentence.trim();
  }
  return null;
}

/** Anything that runs something may have been the check; a command that only looks has not. */
function isCheck(name: string, input: unknown): boolean {
  const action = readFileAction(name, input);
  if (action.type === 'other') return true;
  if (action.type !== 'shell') return false;
  return (
    /\b(test|check|lint|tsc|build|pytest|jest|vitest|compile|make)\b/.test(action.command) ||
    !isReadOnlyCommand(action.command)
  );
}

function changesCode(name: string, input: unknown): boolean {
  const action = readFileAction(name, input);
  if (action.type === 'patch') return true;
  return (action.type === 'write' || action.type === 'edit' || action.type === 'insert') && CODE_FILE.test(action.path);
}

function score(subject: ScoringSubject): ScorerResult {
  const { delivered, conversation } = subject;
  if (delivered === null || delivered.toolCalls.length > 0) return NOT_APPLICABLE;
  if (conversation === null) return unknown('the conversation before this call was not captured');
  const claim = claimIn(conversation.replyText ?? '');
  const lastChange = conversation.calls.findLastIndex(
    ({ name, input, result }) => result?.kind !== 'invalid_parameter' && changesCode(name, input),
  );
  if (claim === null || lastChange === -1) return NOT_APPLICABLE;
  if (conversation.calls.slice(lastChange + 1).some(({ name, input }) => isCheck(name, input))) return PASSED;
  return {
    outcome: 'fail',
    owner: 'provider',
    severity: 'warning',
    evidence: [{ pointer: '/response/content', quote: claim.slice(0, QUOTE_CHARACTERS_MAX) }],
    expectedVsActual: 'check after the last change -> claim without one',
    detail: 'success is claimed and nothing was run after the last change of code',
  };
}

export const successClaimWithoutCheck: Scorer = {
  id: 'success_claim_without_check',
  version: '1',
  metric: 'taskCompletion',
  pass: 'call',
  owner: 'provider',
  severity: 'warning',
  definition: 'Where the reply says that code works now, something was run after the last change of code.',
  score,
};
