import { isJsonObject, type JsonObject } from '../json-object.ts';
import { encodeToolName } from '../tool-name.ts';
import { addBlock } from './add-content.ts';
import { addText, type Tally } from './tally.ts';

/**
 * OpenAI's chat template, as its usage shows it: `<|im_start|>role<|im_sep|>text<|im_end|>` around each message. A call is
 * addressed `to=functions.name` with its arguments as compact JSON, and its result comes from `functions.name`. Several
 * calls of one turn become one call of `multi_tool_use.parallel`; their results come back as one JSON text, in which
 * texts are quoted and everything outside ASCII is escaped. Measured on recorded runs of gpt-4.1, where it holds to the
 * token.
 */
export const MESSAGE_TOKENS = 4;
const CALL_TOKENS = 5;
const RESULT_TOKENS = 4;
const PARALLEL_CALL_TOKENS = 11;
const PARALLEL_RESULTS_TOKENS = 10;
/** The role that the model is to answer in. */
export const ANSWER_ROLE_TOKENS = 3;

/** Tokens of an answer beside its text and its calls: what ends it, and what addresses a call. */
const ANSWER_END_TOKENS = 1;
const ANSWER_CALL_TOKENS = 4;
const ANSWER_PARALLEL_TOKENS = 10;

interface OpenCall {
  readonly name: string;
  /** The parallel calls that this one is among, whose results are one message however a client brings them. */
  readonly group: { hasResults: boolean } | null;
}

/** The calls of a conversation so far by their ids: a result is written with the name of what it answers. */
export type OpenCalls = Map<string, OpenCall>;

const NO_CALL: OpenCall = { name: '', group: null };

/** Counts one canonical message. `calls` is filled by assistant messages and read by results. */
export function addOpenaiMessage(tally: Tally, role: unknown, content: unknown, calls: OpenCalls): void {
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : objectsOf(content);
  const toolUses = blocks.filter((block) => block['type'] === 'tool_use');
  const results = blocks.filter((block) => block['type'] === 'tool_result');
  const rest = blocks.filter((block) => block['type'] !== 'tool_use' && block['type'] !== 'tool_result');
  addResults(tally, results, calls);
  if (rest.length > 0 || blocks.length === 0) {
    tally.tokens += MESSAGE_TOKENS;
    for (const block of rest) addBlock(tally, block);
  }
  if (role !== 'assistant' || toolUses.length === 0) return;
  const group = toolUses.length > 1 ? { hasResults: false } : null;
  tally.tokens += group === null ? CALL_TOKENS : PARALLEL_CALL_TOKENS;
  addCalls(tally, toolUses);
  for (const block of toolUses) calls.set(String(block['id']), { name: nameOf(block), group });
}

/** Counts an answer as the model writes it. */
export function addOpenaiAnswer(tally: Tally, content: readonly unknown[]): void {
  const blocks = objectsOf(content);
  const toolUses = blocks.filter((block) => block['type'] === 'tool_use');
  const rest = blocks.filter((block) => block['type'] !== 'tool_use');
  for (const block of rest) addBlock(tally, block);
  if (rest.length > 0 || toolUses.length === 0) tally.tokens += ANSWER_END_TOKENS;
  if (toolUses.length > 0) tally.tokens += toolUses.length > 1 ? ANSWER_PARALLEL_TOKENS : ANSWER_CALL_TOKENS;
  addCalls(tally, toolUses);
}

function addCalls(tally: Tally, toolUses: readonly JsonObject[]): void {
  if (toolUses.length === 1 && toolUses[0] !== undefined) {
    addText(tally, ` to=functions.${nameOf(toolUses[0])}`);
    addText(tally, argumentsOf(toolUses[0]));
  } else if (toolUses.length > 1) {
    const uses = toolUses.map(
      (block) => `{"recipient_name":"functions.${nameOf(block)}","parameters":${argumentsOf(block)}}`,
    );
    addText(tally, `{"tool_uses":[${uses.join(',')}]}`);
  }
}

function addResults(tally: Tally, results: readonly JsonObject[], calls: OpenCalls): void {
  for (const result of results) {
    const { name, group } = calls.get(String(result['tool_use_id'])) ?? NO_CALL;
    if (group === null) {
      tally.tokens += RESULT_TOKENS;
      addText(tally, `functions.${name}`);
    } else if (!group.hasResults) {
      group.hasResults = true;
      tally.tokens += PARALLEL_RESULTS_TOKENS;
    }
    addResultContent(tally, result['content'], group === null ? (text) => text : parallelResult);
  }
}

function addResultContent(tally: Tally, content: unknown, write: (text: string) => string): void {
  if (typeof content === 'string') {
    addText(tally, write(content));
    return;
  }
  for (const block of objectsOf(content)) {
    if (block['type'] === 'text' && typeof block['text'] === 'string') addText(tally, write(block['text']));
    else addBlock(tally, block);
  }
}

/** JSON stays as it is; any other text is quoted. */
function parallelResult(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    });
  }
}

function objectsOf(content: unknown): JsonObject[] {
  return Array.isArray(content) ? content.filter(isJsonObject) : [];
}

function nameOf(block: JsonObject): string {
  return encodeToolName(String(block['name']));
}

/** Arguments that never were JSON are kept as their text. */
function argumentsOf(block: JsonObject): string {
  const { input } = block;
  const unparsed = isJsonObject(input) ? input['__unparsedToolInput'] : undefined;
  if (isJsonObject(unparsed) && typeof unparsed['raw'] === 'string') return unparsed['raw'];
  return JSON.stringify(input ?? {});
}
