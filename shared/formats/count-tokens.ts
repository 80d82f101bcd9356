import { countTokens as countTextTokens } from 'gpt-tokenizer/encoding/o200k_base';
import type { CanonicalBody } from './canonical.ts';
import { isJsonObject } from './json-object.ts';

/** Up to here every character is tokenized; above, an even sample of the text stands for all of it. */
export const EXACT_CHARACTERS_MAX = 131_072;
const SAMPLE_CHARACTERS = 65_536;
const SAMPLE_SLICE_CHARACTERS = 1_024;
/** The tokenizer is quadratic in the length of an unbroken run, so that no piece may be long. */
const PIECE_CHARACTERS_MAX = 256;
/** How far back a cut looks for white space, where it costs no extra token. */
const CUT_WINDOW_CHARACTERS = 48;

/** Counting too little delays a client's compaction until the upstream refuses; too much only hurries it. */
const MARGIN = 1.05;
const SAMPLED_MARGIN = 1.08;
const TOKENS_PER_MESSAGE = 4;
const TOKENS_PER_BLOCK = 4;
const TOKENS_PER_TOOL = 12;
/** What providers add to explain the use of tools, once a request has any. */
const TOKENS_FOR_TOOL_USE = 350;
/** A tool that the provider defines: its description is not in the request. */
const TOKENS_PER_SERVER_TOOL = 500;
/** The most that an image costs after the provider has scaled it down. */
const TOKENS_PER_IMAGE = 1_600;
const TOKENS_PER_PDF_PAGE = 2_500;
/** Base64 characters of a typical page. */
const PDF_PAGE_CHARACTERS = 50_000;

/** A count being made: texts still to be tokenized, and the tokens of everything that is not text. */
interface Tally {
  readonly texts: string[];
  tokens: number;
}

function addJson(tally: Tally, value: unknown): void {
  if (value !== undefined && value !== null) tally.texts.push(JSON.stringify(value));
}

function addText(tally: Tally, value: unknown): void {
  if (typeof value === 'string' && value !== '') tally.texts.push(value);
}

function addDocument(tally: Tally, source: unknown): void {
  if (!isJsonObject(source)) return;
  if (source['type'] === 'text') addText(tally, source['data']);
  else if (source['type'] === 'content') addContent(tally, source['content']);
  else {
    const characters = typeof source['data'] === 'string' ? source['data'].length : PDF_PAGE_CHARACTERS;
    tally.tokens += Math.ceil(characters / PDF_PAGE_CHARACTERS) * TOKENS_PER_PDF_PAGE;
  }
}

const BLOCK_COUNTERS: Readonly<Record<string, (tally: Tally, block: Record<string, unknown>) => void>> = {
  text: (tally, block) => addText(tally, block['text']),
  thinking: (tally, block) => addText(tally, block['thinking']),
  image: (tally) => {
    tally.tokens += TOKENS_PER_IMAGE;
  },
  document: (tally, block) => {
    addText(tally, block['title']);
    addText(tally, block['context']);
    addDocument(tally, block['source']);
  },
  tool_use: (tally, block) => {
    addText(tally, block['name']);
    addJson(tally, block['input']);
  },
  tool_result: (tally, block) => addContent(tally, block['content']),
};

function addContent(tally: Tally, content: unknown): void {
  addText(tally, content);
  if (!Array.isArray(content)) return;
  for (const block of content) {
    if (!isJsonObject(block)) continue;
    tally.tokens += TOKENS_PER_BLOCK;
    const counter = BLOCK_COUNTERS[String(block['type'])];
    // Kinds that are not known count as their JSON, which is never less than what a provider makes of them.
    if (counter === undefined) addJson(tally, block);
    else counter(tally, block);
  }
}

function addTools(tally: Tally, tools: readonly unknown[]): void {
  if (tools.length > 0) tally.tokens += TOKENS_FOR_TOOL_USE;
  for (const tool of tools) {
    if (!isJsonObject(tool)) continue;
    tally.tokens += TOKENS_PER_TOOL;
    addText(tally, tool['name']);
    addText(tally, tool['description']);
    if (tool['input_schema'] === undefined) tally.tokens += TOKENS_PER_SERVER_TOOL;
    else addJson(tally, tool['input_schema']);
  }
}

function cutAt(text: string, start: number): number {
  const end = start + PIECE_CHARACTERS_MAX;
  if (end >= text.length) return text.length;
  for (let index = end; index > end - CUT_WINDOW_CHARACTERS; index -= 1) {
    const code = text.charCodeAt(index);
    if (code === 32 || code === 10) return index;
  }
  return end;
}

const PLAIN_TEXT = { disallowedSpecial: new Set<string>() };

function tokensOf(text: string): number {
  let tokens = 0;
  for (let start = 0; start < text.length; ) {
    const end = cutAt(text, start);
    tokens += countTextTokens(text.slice(start, end), PLAIN_TEXT);
    start = end;
  }
  return tokens;
}

/** Tokens of a long text, from slices spread evenly over it. */
function sampledTokensOf(texts: readonly string[], characters: number): number {
  const stride = characters / (SAMPLE_CHARACTERS / SAMPLE_SLICE_CHARACTERS);
  let tokens = 0;
  let sampled = 0;
  let passed = 0;
  let next = 0;
  for (const text of texts) {
    for (; next < passed + text.length; next += stride) {
      const start = Math.floor(next - passed);
      const slice = text.slice(start, start + SAMPLE_SLICE_CHARACTERS);
      tokens += tokensOf(slice);
      sampled += slice.length;
    }
    passed += text.length;
  }
  return sampled === 0 ? 0 : (tokens / sampled) * characters;
}

/**
 * Input tokens of a request, counted here: no upstream call is spent on it. System, tools, calls, results and thinking
 * are tokenized as o200k, images and pages by a fixed price each. Meant to be slightly too high.
 */
export function countTokens(body: Pick<CanonicalBody, 'messages' | 'system' | 'tools'>): number {
  const tally: Tally = { texts: [], tokens: 0 };
  addContent(tally, body.system);
  addTools(tally, body.tools ?? []);
  for (const message of body.messages) {
    tally.tokens += TOKENS_PER_MESSAGE;
    addContent(tally, message.content);
  }
  const characters = tally.texts.reduce((sum, text) => sum + text.length, 0);
  if (characters > EXACT_CHARACTERS_MAX) {
    return Math.ceil(tally.tokens + sampledTokensOf(tally.texts, characters) * SAMPLED_MARGIN);
  }
  return Math.ceil(tally.tokens + tally.texts.reduce((sum, text) => sum + tokensOf(text), 0) * MARGIN);
}
