/** Longest text that is masked; a failure is described by its first sentence and not by a log. */
const TEXT_LENGTH_MAX = 2_000;
const TEMPLATE_LENGTH_MAX = 400;

/**
 * What varies between two occurrences of the same failure, most specific first: an id must not be read as a number,
 * nor the date in a model's name as a date. Every pattern is linear in the length of the text, which is hostile.
 */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\bhttps?:\/\/[^\s"'<>)\]]+/gi, '<url>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b(?:toolu|call|chatcmpl|msg|req|resp|fc|rs|sess|org|key|sk|tt)[_-][A-Za-z0-9_-]{6,}/g, '<id>'],
  [
    /\b(?:claude|gpt|o[134]|gemini|llama|qwen|mistral|mixtral|deepseek|command|grok|phi)\d?[-.:/][\w.:-]{1,60}/gi,
    '<model>',
  ],
  [/\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?)?/g, '<date>'],
  [/\b\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?\b/g, '<time>'],
  [/"[^"\n]{0,300}"/g, '<quoted>'],
  [/`[^`\n]{0,300}`/g, '<quoted>'],
  [/(?<![A-Za-z0-9])'[^'\n]{0,300}'(?![A-Za-z0-9])/g, '<quoted>'],
  [/(?<![\w/])(?:[A-Za-z]:\\|~?\/|\.{1,2}\/)[\w.@+-]+(?:[\\/][\w.@+-]+)*[\\/]?/g, '<path>'],
  [/\b[\w@+-]{1,60}(?:\/[\w.@+-]{1,60}){1,20}\.[A-Za-z]{1,6}\b/g, '<path>'],
  [/\b0x[0-9a-f]+\b/gi, '<hex>'],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}\b/gi, '<hex>'],
  [/(?<![A-Za-z<])[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?%?/gi, '<number>'],
];

/** A mask may uncover what an earlier one passed over; each round leaves less, and hardly any text needs a third. */
const ROUNDS_MAX = 10;

/**
 * The text with its varying parts replaced by typed placeholders, so that two occurrences of one failure become equal.
 * Idempotent. Line breaks and runs of spaces are one space.
 */
export function maskTemplate(text: string): string {
  let masked = text.slice(0, TEXT_LENGTH_MAX).replace(/\s+/g, ' ').trim();
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const before = masked;
    masked = maskOnce(before);
    if (masked === before) break;
  }
  return masked;
}

function maskOnce(text: string): string {
  let masked = maskJson(text);
  for (const [pattern, placeholder] of MASKS) masked = masked.replace(pattern, placeholder);
  return collapse(masked).slice(0, TEMPLATE_LENGTH_MAX).trim();
}

/** Objects and arrays become one placeholder each, by counting brackets: their depth rules a pattern out. */
function maskJson(text: string): string {
  let result = '';
  let index = 0;
  while (index < text.length) {
    const end = isJsonStart(text, index) ? closingOf(text, index) : -1;
    if (end === -1) {
      result += text.charAt(index);
      index += 1;
    } else {
      result += '<json>';
      index = end + 1;
    }
  }
  return result;
}

function isJsonStart(text: string, index: number): boolean {
  return /^(?:\{\s*["'}]|\[\s*["'{[\]\d-])/.test(text.slice(index, index + 8));
}

/** Index of the bracket that closes the one at `start`, or -1. */
function closingOf(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let index = start; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (quoted) {
      if (character === '\\') index += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return index;
    }
  }
  return -1;
}

/** Lists of placeholders differ in length only: `<number>, <number>, <number>` is `<number>`. */
function collapse(text: string): string {
  return text.replace(/(<[a-z]+>)(?:(?:, ?| and | )\1)+/g, '$1');
}
