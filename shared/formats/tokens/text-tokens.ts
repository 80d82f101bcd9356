import { createRequire } from 'node:module';

type Encoding = typeof import('gpt-tokenizer/encoding/o200k_base');

const require = createRequire(import.meta.url);
let encoding: Encoding | null = null;

/** Its tables take 75 MB, which a process that never counts does without. */
function loadEncoding(): Encoding {
  encoding ??= require('gpt-tokenizer/encoding/o200k_base') as Encoding;
  return encoding;
}

/** Up to here every character is tokenized; above, an even sample of the text stands for all of it. */
export const EXACT_CHARACTERS_MAX = 131_072;
const SAMPLE_CHARACTERS = 65_536;
const SAMPLE_SLICE_CHARACTERS = 1_024;
/** A sample can miss the densest part of a text; what it says is raised by as much as it was seen to be off. */
const SAMPLED_MARGIN = 1.03;
/** The tokenizer is quadratic in the length of an unbroken run, so that no piece may be long. */
const PIECE_CHARACTERS_MAX = 512;
/** How far back a cut looks for a place where it costs no extra token. */
const CUT_WINDOW_CHARACTERS = 160;

const SPACE = 32;
const LINE_FEED = 10;
const PLAIN_TEXT = { disallowedSpecial: new Set<string>() };

function isBlank(code: number): boolean {
  return code === SPACE || (code >= 9 && code <= 13);
}

/** The tokenizer never joins a single space to what stands before it, nor a line to the one after it. */
function cutAt(text: string, start: number): number {
  const end = start + PIECE_CHARACTERS_MAX;
  if (end >= text.length) return text.length;
  for (let index = end; index > end - CUT_WINDOW_CHARACTERS; index -= 1) {
    const before = text.charCodeAt(index - 1);
    const code = text.charCodeAt(index);
    if (code === SPACE && !isBlank(before) && !isBlank(text.charCodeAt(index + 1))) return index;
    if (before === LINE_FEED && !isBlank(code)) return index;
  }
  return end;
}

/** Tokens of a text as o200k has them, the encoding of OpenAI's models since gpt-4o. Control tokens in it are text. */
export function textTokens(text: string): number {
  const { countTokens } = loadEncoding();
  let tokens = 0;
  for (let start = 0; start < text.length; ) {
    const end = cutAt(text, start);
    tokens += countTokens(start === 0 && end === text.length ? text : text.slice(start, end), PLAIN_TEXT);
    start = end;
  }
  return tokens;
}

/** Tokens of texts together; the work is bounded, however long they are. */
export function tokensOfTexts(texts: readonly string[]): number {
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  if (characters > EXACT_CHARACTERS_MAX) return sampledTokens(texts, characters) * SAMPLED_MARGIN;
  return texts.reduce((sum, text) => sum + textTokens(text), 0);
}

/** From slices spread evenly over the texts. */
function sampledTokens(texts: readonly string[], characters: number): number {
  const stride = characters / (SAMPLE_CHARACTERS / SAMPLE_SLICE_CHARACTERS);
  let tokens = 0;
  let sampled = 0;
  let passed = 0;
  let next = 0;
  for (const text of texts) {
    for (; next < passed + text.length; next += stride) {
      const start = Math.floor(next - passed);
      const slice = text.slice(start, start + SAMPLE_SLICE_CHARACTERS);
      tokens += textTokens(slice);
      sampled += slice.length;
    }
    passed += text.length;
  }
  return sampled === 0 ? 0 : (tokens / sampled) * characters;
}
