import { isJsonObject, type JsonObject } from '../json-object.ts';
import { documentPages } from './document-pages.ts';
import { readImageSize } from './image-size.ts';
import { imageTokens } from './image-tokens.ts';
import { addJson, addText, type Tally } from './tally.ts';

/** What a template puts around a block, where it is not known better. */
const TOKENS_PER_BLOCK = 4;
/** Of a document by URL or file id nothing is known; few that people attach have less. */
const UNKNOWN_PAGES = 1;

const BLOCK_COUNTERS: Readonly<Record<string, (tally: Tally, block: JsonObject) => void>> = {
  text: (tally, block) => addText(tally, block['text']),
  thinking: (tally, block) => addText(tally, block['thinking']),
  image: addImage,
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

/** Counts a text or a list of blocks, with an allowance for what stands around each block. */
export function addContent(tally: Tally, content: unknown): void {
  addText(tally, content);
  if (!Array.isArray(content)) return;
  for (const block of content) {
    if (!isJsonObject(block)) continue;
    tally.tokens += TOKENS_PER_BLOCK;
    addBlock(tally, block);
  }
}

/** Counts what is in one block. Kinds that are not known count as their JSON, which is no less than providers make of it. */
export function addBlock(tally: Tally, block: JsonObject): void {
  const counter = BLOCK_COUNTERS[String(block['type'])];
  if (counter === undefined) addJson(tally, block);
  else counter(tally, block);
}

function addImage(tally: Tally, block: JsonObject): void {
  const source = isJsonObject(block['source']) ? block['source'] : {};
  const data = source['type'] === 'base64' && typeof source['data'] === 'string' ? source['data'] : null;
  tally.tokens += imageTokens(tally.family.image, data === null ? null : readImageSize(data));
}

function addDocument(tally: Tally, source: unknown): void {
  if (!isJsonObject(source)) return;
  if (source['type'] === 'text') addText(tally, source['data']);
  else if (source['type'] === 'content') addContent(tally, source['content']);
  else {
    const pages = typeof source['data'] === 'string' ? documentPages(source['data']) : UNKNOWN_PAGES;
    tally.tokens += pages * tally.family.pageTokens;
  }
}
