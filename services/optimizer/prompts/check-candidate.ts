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

/** Runs of words that stand in traffic, each as a number, so that hundreds of candidates can be held against them. */
export interface TrafficIndex {
  has(text: string): boolean;
  /** Different runs of words. */
  readonly size: number;
}

/**
 * Whether a candidate may become part of other people's system prompts. The text comes from a language model whose
 * input may have been steered by traffic, so that it is held to what a prefix needs: short plain words of its own.
 */
export function checkCandidate(text: string, traffic: TrafficIndex): CandidateProblem | null {
  const trimmed = text.trim();
  if (trimmed === '') return 'empty';
  if (trimmed.length > PREFIX_LENGTH_MAX) return 'too_long';
  if (CONTROL.test(trimmed)) return 'control_characters';
  if (URL_LIKE.test(trimmed)) return 'url';
  if (ROLE_MARKER.test(trimmed)) return 'role_marker';
  if (SECRET.test(trimmed)) return 'secret';
  return traffic.has(trimmed) ? 'copies_traffic' : null;
}

/**
 * Takes in every run of words of these texts. Texts that repeat, as system prompts and histories do, count once. Equal
 * numbers of different runs refuse a candidate that copied nothing; at 53 bits that does not happen.
 *
 * @param allowed texts that may be repeated: the present prefix stands in every request that it was put into
 */
export function createTrafficIndex(texts: Iterable<string>, allowed: readonly string[] = []): TrafficIndex {
  const known = new Set<number>();
  for (const text of new Set(texts)) for (const ngram of ngrams(text)) known.add(ngram);
  for (const text of allowed) for (const ngram of ngrams(text)) known.delete(ngram);
  return {
    size: known.size,
    has(text) {
      for (const ngram of ngrams(text)) if (known.has(ngram)) return true;
      return false;
    },
  };
}

const WORDS = /[\p{L}\p{N}]+/gu;

/** A number for each run of so many words, however they are written and whatever stands between them. */
function* ngrams(text: string): Generator<number> {
  const hashes: number[] = [];
  for (const [word] of text.toLowerCase().matchAll(WORDS)) {
    hashes.push(hashOf(word));
    if (hashes.length > NGRAM_WORDS) hashes.shift();
    if (hashes.length === NGRAM_WORDS) yield combined(hashes);
  }
}

const MULTIPLIER_LOW = 0x01000193;
const MULTIPLIER_HIGH = 0x5bd1e995;
const HIGH_BITS = 0x1fffff;

/** Two hashes of 32 bits, of which 21 and 32 bits make a whole number that a double holds exactly. */
function hashOf(word: string): number {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  for (let at = 0; at < word.length; at += 1) {
    const code = word.charCodeAt(at);
    low = Math.imul(low ^ code, MULTIPLIER_LOW);
    high = Math.imul(high ^ code, MULTIPLIER_HIGH);
    high ^= high >>> 15;
  }
  return ((high >>> 0) & HIGH_BITS) * 2 ** 32 + (low >>> 0);
}

function combined(hashes: readonly number[]): number {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  for (const hash of hashes) {
    const bits = (hash % 2 ** 32) | 0;
    const top = Math.floor(hash / 2 ** 32) | 0;
    low = Math.imul(low ^ bits, MULTIPLIER_LOW) ^ top;
    low ^= low >>> 13;
    high = Math.imul(high ^ top ^ bits, MULTIPLIER_HIGH);
    high ^= high >>> 15;
  }
  return ((high >>> 0) & HIGH_BITS) * 2 ** 32 + (low >>> 0);
}
