/** Why a candidate prefix is refused; each is a machine-readable reason in the run's summary. */
export type CandidateProblem =
  | 'empty'
  | 'too_long'
  | 'url'
  | 'role_marker'
  | 'secret'
  | 'copies_traffic'
  | 'control_characters';

export const PREFIX_LENGTH_MAX = 1_200;
/** A run of this many words that also stands in traffic is a copy and no coincidence. */
const NGRAM_WORDS = 8;

const URL_LIKE = /\b(?:https?|ftp|wss?|file|data|javascript):|\bwww\.|\b[\w-]+\.(?:com|net|org|io|dev|ai|co|app)\b/i;
const ROLE_MARKER =
  /(?:^|\n)\s*(?:system|user|assistant|human|developer|tool)\s*:|<\|[^|\n]{0,40}\|>|\[\/?INST\]|<<\/?SYS>>|<\/?(?:system|user|assistant|human|instructions|tool_result|function_calls?)\b/i;
const SECRET =
  /\b(?:sk|pk|tt|rk|ghp|gho|xox[abp]|AKIA|AIza|eyJ)[-_A-Za-z0-9]{12,}|-----BEGIN|\b(?=[A-Za-z0-9+/_-]*\d)(?=[A-Za-z0-9+/_-]*[A-Za-z])[A-Za-z0-9+/_-]{32,}/;
/**
 * What a person who reads the diff does not see and a model does: controls but tab and line feed, format characters
 * (among them the block of invisible letters), separators of lines that are drawn as blanks, halves of characters,
 * what is private or not assigned, and letters and selectors that are drawn as nothing.
 */
const CONTROL = /(?![\t\n])[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/**
 * Whether a candidate may become part of other people's system prompts. The text comes from a language model whose
 * input may have been steered by traffic, so that it is held to what a prefix needs: short plain words of its own.
 */
export function checkCandidate(text: string, trafficTexts: Iterable<string>): CandidateProblem | null {
  const trimmed = text.trim();
  if (trimmed === '') return 'empty';
  if (trimmed.length > PREFIX_LENGTH_MAX) return 'too_long';
  if (CONTROL.test(trimmed)) return 'control_characters';
  if (URL_LIKE.test(trimmed)) return 'url';
  if (ROLE_MARKER.test(trimmed)) return 'role_marker';
  if (SECRET.test(trimmed)) return 'secret';
  const own = new Set(ngrams(trimmed));
  for (const traffic of trafficTexts) {
    for (const ngram of ngrams(traffic)) if (own.has(ngram)) return 'copies_traffic';
  }
  return null;
}

function* ngrams(text: string): Generator<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  for (let at = 0; at + NGRAM_WORDS <= words.length; at += 1) yield words.slice(at, at + NGRAM_WORDS).join(' ');
}
