import { isBillingText } from './billing-block.ts';
import type { CanonicalBody } from './canonical.ts';
import { isJsonObject, type JsonObject } from './json-object.ts';
import { addBlock, addContent } from './tokens/add-content.ts';
import {
  ANSWER_ROLE_TOKENS,
  addOpenaiAnswer,
  addOpenaiMessage,
  MESSAGE_TOKENS,
  type OpenCalls,
} from './tokens/openai-framing.ts';
import { addJson, addText, createTally, type Tally } from './tokens/tally.ts';
import { tokensOfTexts } from './tokens/text-tokens.ts';
import { tokenFamilyOf } from './tokens/token-family.ts';
import { toolDeclarations } from './tokens/tool-declaration.ts';

const TOKENS_PER_MESSAGE = 4;
const TOKENS_PER_TOOL = 12;
/** What a template writes around one call of an answer, by recorded replies of several families. */
const TOKENS_PER_ANSWERED_CALL = 16;
/** A tool that the provider defines: its description is not in the request. */
const TOKENS_PER_SERVER_TOOL = 500;

type CountedBody = Pick<CanonicalBody, 'messages' | 'system' | 'tools'>;

/**
 * Input tokens of a request to a model, counted here: no upstream call is spent on it. System, tools, calls, results and
 * thinking are tokenized, images priced by their pixels and documents by their pages. What a model's own tokenizer would
 * say is exact for OpenAI's and leans to too many for others.
 *
 * @param model an id of any provider; without it, a model that nothing is known of
 */
export function countTokens(body: CountedBody, model = ''): number {
  const tally = createTally(tokenFamilyOf(model));
  addSystem(tally, body.system);
  addTools(tally, body.tools ?? [], (body.system?.length ?? 0) > 0);
  addMessages(tally, body.messages);
  if (tally.family.framing === 'openai') tally.tokens += ANSWER_ROLE_TOKENS;
  return total(tally);
}

/** What messages add to a conversation with a model: growth from one turn to the next. */
export function countMessageTokens(messages: CanonicalBody['messages'], model: string): number {
  const tally = createTally(tokenFamilyOf(model));
  addMessages(tally, messages);
  return total(tally);
}

/** Output tokens of an answer, thinking among them as far as it is shown. */
export function countAnswerTokens(content: readonly unknown[], model: string): number {
  const tally = createTally(tokenFamilyOf(model));
  if (tally.family.framing === 'openai') addOpenaiAnswer(tally, content);
  else {
    for (const block of content.filter(isJsonObject)) {
      if (block['type'] === 'tool_use') tally.tokens += TOKENS_PER_ANSWERED_CALL;
      addBlock(tally, block);
    }
  }
  return total(tally);
}

function total(tally: Tally): number {
  return Math.ceil(tally.tokens + tokensOfTexts(tally.texts) * tally.family.textFactor);
}

function addSystem(tally: Tally, system: CountedBody['system']): void {
  if (tally.family.framing === 'generic') {
    addContent(tally, system);
    return;
  }
  const blocks: readonly unknown[] = typeof system === 'string' ? [{ type: 'text', text: system }] : (system ?? []);
  const told = blocks.filter((block) => isJsonObject(block) && !isBillingText(String(block['text'])));
  if (told.length > 0) addOpenaiMessage(tally, 'system', told, new Map());
}

function addMessages(tally: Tally, messages: CountedBody['messages']): void {
  const calls: OpenCalls = new Map();
  for (const { role, content } of messages) {
    if (tally.family.framing === 'openai') addOpenaiMessage(tally, role, content, calls);
    else {
      tally.tokens += TOKENS_PER_MESSAGE;
      addContent(tally, content);
    }
  }
}

function addTools(tally: Tally, tools: readonly unknown[], hasSystem: boolean): void {
  if (tools.length === 0) return;
  tally.tokens += tally.family.toolPromptTokens;
  const known = tools.filter(isJsonObject);
  const functions = known.filter((tool) => tool['input_schema'] !== undefined);
  for (const tool of known) if (tool['input_schema'] === undefined) addServerTool(tally, tool);
  if (tally.family.framing === 'openai') {
    if (functions.length > 0) addText(tally, toolDeclarations(functions));
    // They stand in the system message, which is made for them where there is none.
    if (!hasSystem) tally.tokens += MESSAGE_TOKENS;
    return;
  }
  for (const tool of functions) {
    tally.tokens += TOKENS_PER_TOOL;
    addText(tally, tool['name']);
    addText(tally, tool['description']);
    addJson(tally, tool['input_schema']);
  }
}

function addServerTool(tally: Tally, tool: JsonObject): void {
  tally.tokens += TOKENS_PER_SERVER_TOOL;
  addText(tally, tool['name']);
}
