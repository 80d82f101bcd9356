import { isBillingText } from '#shared/formats/billing-block.ts';
import { isJsonObject, type JsonObject } from '#shared/formats/json-object.ts';
import { encodeBitmap } from './bitmap.ts';
import { blockKeyOf } from './block-key.ts';
import { ChainBuilder, type ChainLink, type TranscriptBlock, type TranscriptNode } from './chain-builder.ts';
import { isSameJson } from './is-same-json.ts';
import { toolUseKeyOf } from './tool-use-key.ts';
import type { RequestLayout, TranscriptLayout } from './transcript-layout.ts';

/** A call's content as blocks and nodes, and the references that the call keeps to them. */
export interface EncodedTranscript {
  readonly blocks: readonly TranscriptBlock[];
  readonly nodes: readonly TranscriptNode[];
  readonly parametersBlock: Buffer | null;
  readonly transcriptHead: Buffer | null;
  readonly responseNode: Buffer | null;
  readonly catalogueHash: Buffer | null;
  readonly upstreamRawBlock: Buffer | null;
  readonly layout: TranscriptLayout;
  /** The node behind the last delivered answer in the history: `response_node` of the call that this one continues. */
  readonly continuedNode: Buffer | null;
  /** What the tool calls of the delivered answer are known by, and those of the last answer in the history. */
  readonly toolUseKey: Buffer | null;
  readonly continuedToolUseKey: Buffer | null;
  /** To be given to the next request of the same conversation; null without a request. */
  readonly memory: RequestMemory | null;
}

/** What was made of a request. The next one of a conversation repeats nearly all of it. */
export interface RequestMemory {
  readonly chain: readonly ChainLink[];
  readonly catalogue: readonly ChainLink[];
  readonly parameters: TranscriptBlock;
}

export interface CallContent {
  readonly request: JsonObject | null;
  readonly response: JsonObject | null;
  readonly upstreamRaw: string | null;
}

/**
 * What the parameters block holds: the fields beside the chains, attribution blocks, which never enter a chain, and what
 * messages have beside role and content (clients put an `output_config` there), which may change from turn to turn.
 */
interface ParametersContent {
  readonly fields: JsonObject;
  readonly billing: readonly { readonly at: number; readonly block: unknown }[];
  readonly messageFields?: readonly MessageFields[];
}

interface MessageFields {
  /** Index of the message. */
  readonly at: number;
  readonly fields: JsonObject;
}

const PLAIN_ROLE = /^[a-z]{1,20}$/;

/**
 * Splits a call's content. The same history gives the same nodes, whoever sends it and however often.
 *
 * @param memory of the request before; what it says changes nothing but the time that this takes
 */
export function encodeTranscript(
  projectKey: Buffer,
  content: CallContent,
  memory: RequestMemory | null = null,
): EncodedTranscript {
  const request = content.request === null ? null : encodeRequest(projectKey, content.request, memory);
  const from = request?.chain ?? null;
  const response = content.response === null ? null : encodeResponse(projectKey, content.response, from);
  const raw: TranscriptBlock | null =
    content.upstreamRaw === null
      ? null
      : { key: blockKeyOf(projectKey, 'raw', content.upstreamRaw), kind: 'raw', value: content.upstreamRaw };
  return {
    blocks: [...(request?.blocks ?? []), ...(response?.blocks ?? []), ...(raw === null ? [] : [raw])],
    nodes: [...(request?.nodes ?? []), ...(response?.chain.links ?? []).map(({ node }) => node)],
    parametersBlock: request?.parameters.key ?? null,
    transcriptHead: request?.chain.head ?? null,
    responseNode: response === null || response.chain.length === 0 ? null : response.chain.head,
    catalogueHash: request?.catalogue.head ?? null,
    upstreamRawBlock: raw?.key ?? null,
    layout: { v: 1, request: request?.layout ?? null, response: response?.layout ?? null },
    continuedNode: request?.continuedNode ?? null,
    toolUseKey: toolUseKeyOf(content.response?.['content']),
    continuedToolUseKey: request?.continuedToolUseKey ?? null,
    memory: request?.memory ?? null,
  };
}

function encodeRequest(projectKey: Buffer, request: JsonObject, previous: RequestMemory | null) {
  const chain = new ChainBuilder(projectKey, { previous: previous?.chain ?? [] });
  const catalogue = new ChainBuilder(projectKey, { previous: previous?.catalogue ?? [] });
  const fields: JsonObject = { ...request };
  const take = (name: string) => {
    const value = fields[name];
    delete fields[name];
    return value;
  };

  let system: RequestLayout['system'] = 'other';
  let billing: ParametersContent['billing'] = [];
  if (typeof fields['system'] === 'string' && !isBillingText(fields['system'])) {
    system = 'text';
    chain.add('content', 'system', true, { type: 'text', text: take('system') });
  } else if (isBlockList(fields['system'])) {
    system = 'blocks';
    billing = addSystemBlocks(chain, fields['system']);
    take('system');
  }
  const systemBlocks = chain.length;

  const messages = fields['messages'];
  const hasMessages = Array.isArray(messages);
  let added: AddedMessages = { texts: [], fields: [], continuedNode: null, continuedContent: null };
  if (hasMessages) {
    added = addMessages(chain, messages);
    take('messages');
  }

  const tools = fields['tools'];
  const hasTools = isBlockList(tools);
  if (hasTools) {
    for (const tool of tools) catalogue.add('tool', 'tool', true, tool);
    take('tools');
  }

  const messageFields = added.fields.length === 0 ? {} : { messageFields: added.fields };
  const parametersContent: ParametersContent = { fields, billing, ...messageFields };
  const parameters = parametersBlock(projectKey, parametersContent, previous);
  const layout: RequestLayout = {
    system,
    systemBlocks,
    hasMessages,
    hasTools,
    texts: encodeBitmap(added.texts),
    marks: chain.marks,
    nulls: chain.nulls,
    toolMarks: catalogue.marks,
    toolNulls: catalogue.nulls,
  };
  const links = [...chain.links, ...catalogue.links];
  const blocks = [...links.map(({ block }) => block), parameters];
  const nodes = links.map(({ node }) => node);
  const memory: RequestMemory = { chain: chain.links, catalogue: catalogue.links, parameters };
  const { continuedNode, continuedContent } = added;
  const continuedToolUseKey = toolUseKeyOf(continuedContent);
  return { chain, catalogue, blocks, nodes, parameters, layout, memory, continuedNode, continuedToolUseKey };
}

function parametersBlock(
  projectKey: Buffer,
  content: ParametersContent,
  previous: RequestMemory | null,
): TranscriptBlock {
  if (previous !== null && isSameJson(previous.parameters.value, content)) return previous.parameters;
  return { key: blockKeyOf(projectKey, 'parameters', content), kind: 'parameters', value: content };
}

function addSystemBlocks(chain: ChainBuilder, system: readonly JsonObject[]): ParametersContent['billing'] {
  const billing: { at: number; block: unknown }[] = [];
  for (const [at, block] of system.entries()) {
    if (typeof block['text'] === 'string' && isBillingText(block['text'])) billing.push({ at, block });
    else chain.add('content', 'system', true, block);
  }
  return billing;
}

interface AddedMessages {
  /** Indexes of messages whose content was a string. */
  texts: number[];
  fields: MessageFields[];
  continuedNode: Buffer | null;
  /** Of the last delivered answer in the history. */
  continuedContent: unknown;
}

function addMessages(chain: ChainBuilder, messages: readonly unknown[]): AddedMessages {
  const texts: number[] = [];
  const fields: MessageFields[] = [];
  let continuedNode: Buffer | null = null;
  let continuedContent: unknown = null;
  for (const [index, message] of messages.entries()) {
    if (!isPlainMessage(message)) {
      chain.add('message', roleOf(message), true, { message });
      continue;
    }
    const { role: _role, content: _content, ...rest } = message;
    if (Object.keys(rest).length > 0) fields.push({ at: index, fields: rest });
    if (typeof message.content === 'string') {
      texts.push(index);
      chain.add('content', message.role, true, { type: 'text', text: message.content });
    } else {
      for (const [at, block] of message.content.entries()) chain.add('content', message.role, at === 0, block);
    }
    // An answer that ends the request is a prefill by the client, and was never delivered.
    if (message.role === 'assistant' && index < messages.length - 1) {
      continuedNode = chain.head;
      continuedContent = message.content;
    }
  }
  return { texts, fields, continuedNode, continuedContent };
}

interface PlainMessage extends JsonObject {
  readonly role: string;
  readonly content: string | readonly JsonObject[];
}

/** A role with a string or with blocks: what a chain can express. */
function isPlainMessage(message: unknown): message is PlainMessage {
  if (!isJsonObject(message)) return false;
  const { role, content } = message;
  if (typeof role !== 'string' || !PLAIN_ROLE.test(role)) return false;
  return typeof content === 'string' || (isBlockList(content) && content.length > 0);
}

function roleOf(message: unknown): string {
  const role = isJsonObject(message) ? message['role'] : undefined;
  return typeof role === 'string' && PLAIN_ROLE.test(role) ? role : 'user';
}

function isBlockList(value: unknown): value is readonly JsonObject[] {
  return Array.isArray(value) && value.every(isJsonObject);
}

function encodeResponse(projectKey: Buffer, response: JsonObject, from: ChainBuilder | null) {
  const chain = new ChainBuilder(projectKey, { parent: from });
  const { content, ...rest } = response;
  const hasBlocks = isBlockList(content);
  if (hasBlocks) for (const [at, block] of content.entries()) chain.add('content', 'assistant', at === 0, block);
  const envelopeContent = hasBlocks ? rest : response;
  const envelope: TranscriptBlock = {
    key: blockKeyOf(projectKey, 'response', envelopeContent),
    kind: 'response',
    value: envelopeContent,
  };
  const layout: NonNullable<TranscriptLayout['response']> = {
    envelope: envelope.key.toString('hex'),
    blocks: hasBlocks ? chain.length : null,
    marks: chain.marks,
    nulls: chain.nulls,
  };
  return { chain, blocks: [...chain.links.map(({ block }) => block), envelope], layout };
}
