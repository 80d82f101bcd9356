import { isBillingText } from '#shared/formats/billing-block.ts';
import { isJsonObject, type JsonObject } from '#shared/formats/json-object.ts';
import { encodeBitmap } from './bitmap.ts';
import { blockKeyOf, blockKeyOfText, orderedJson } from './block-key.ts';
import { ChainBuilder, type ChainLink, type TranscriptBlock, type TranscriptNode } from './chain-builder.ts';
import { isSameJson } from './is-same-json.ts';
import { deliveredText, isPackable, type ReplyContent } from './reply-block.ts';
import { toolUseKeyOf } from './tool-use-key.ts';
import { compactLayout, type RequestLayout, type StoredLayout } from './transcript-layout.ts';

/** A call's content as blocks and nodes, and the references that the call keeps to them. */
export interface EncodedTranscript {
  readonly blocks: readonly TranscriptBlock[];
  readonly nodes: readonly TranscriptNode[];
  readonly parametersBlock: Buffer | null;
  readonly transcriptHead: Buffer | null;
  readonly responseNode: Buffer | null;
  readonly catalogueHash: Buffer | null;
  /** Of the raw reply, alone or with the envelope of the delivered message. */
  readonly upstreamRawBlock: Buffer | null;
  readonly layout: StoredLayout;
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
  readonly frame: RequestFrame;
  readonly messages: readonly EncodedMessage[];
}

/** A request without its messages. */
interface RequestFrame {
  readonly system: RequestLayout['system'];
  readonly systemBlocks: number;
  readonly billing: ParametersContent['billing'];
  readonly fields: JsonObject;
  readonly hasMessages: boolean;
  readonly hasTools: boolean;
}

/** A message as part of the chain. */
interface EncodedMessage {
  /** Length of the chain behind it. */
  readonly end: number;
  /** Its content was a string. */
  readonly isText: boolean;
  /** What it has beside role and content; null for nothing. */
  readonly fields: JsonObject | null;
  /** Of a delivered answer its content; null for other messages. */
  readonly answer: PlainMessage['content'] | null;
}

/** Messages that continue a request: so many of its first ones, and others behind them. */
export interface AddedMessages {
  readonly kept: number;
  readonly messages: readonly unknown[];
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
  return encodeAnswer(projectKey, request, content);
}

/** The same for a request that has everything of the one before it but some of the messages. */
export function continueTranscript(
  projectKey: Buffer,
  memory: RequestMemory,
  content: Omit<CallContent, 'request'> & { readonly request: AddedMessages },
): EncodedTranscript {
  const { kept, messages } = content.request;
  const before = memory.messages.slice(0, kept);
  const chain = new ChainBuilder(projectKey, { previous: memory.chain });
  chain.repeat(before.at(-1)?.end ?? memory.frame.systemBlocks);
  const catalogue = new ChainBuilder(projectKey, { previous: memory.catalogue });
  catalogue.repeat(memory.catalogue.length);
  const request = finishRequest(projectKey, memory.frame, { chain, catalogue, before, messages, memory });
  return encodeAnswer(projectKey, request, content);
}

function encodeAnswer(
  projectKey: Buffer,
  request: ReturnType<typeof finishRequest> | null,
  content: Pick<CallContent, 'response' | 'upstreamRaw'>,
): EncodedTranscript {
  const from = request?.chain ?? null;
  const { response: given, upstreamRaw } = content;
  const response = given === null ? null : encodeResponse(projectKey, given, from, upstreamRaw);
  const raw = response?.reply ?? (upstreamRaw === null ? null : rawBlock(projectKey, upstreamRaw));
  return {
    blocks: [...(request?.blocks ?? []), ...(response?.blocks ?? []), ...(raw === null ? [] : [raw])],
    nodes: [...(request?.nodes ?? []), ...(response?.chain.links ?? []).map(({ node }) => node)],
    parametersBlock: request?.parameters.key ?? null,
    transcriptHead: request?.chain.head ?? null,
    responseNode: response === null || response.chain.length === 0 ? null : response.chain.head,
    catalogueHash: request?.catalogue.head ?? null,
    upstreamRawBlock: raw?.key ?? null,
    layout: compactLayout({ v: 1, request: request?.layout ?? null, response: response?.layout ?? null }),
    continuedNode: request?.continuedNode ?? null,
    toolUseKey: toolUseKeyOf(content.response?.['content']),
    continuedToolUseKey: request?.continuedToolUseKey ?? null,
    memory: request?.memory ?? null,
  };
}

function encodeRequest(projectKey: Buffer, request: JsonObject, memory: RequestMemory | null) {
  const chain = new ChainBuilder(projectKey, { previous: memory?.chain ?? [] });
  const catalogue = new ChainBuilder(projectKey, { previous: memory?.catalogue ?? [] });
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
  if (hasMessages) take('messages');
  const tools = fields['tools'];
  const hasTools = isBlockList(tools);
  if (hasTools) {
    for (const tool of tools) catalogue.add('tool', 'tool', true, tool);
    take('tools');
  }
  const frame: RequestFrame = { system, systemBlocks, billing, fields, hasMessages, hasTools };
  const given = { chain, catalogue, before: [], messages: hasMessages ? messages : [], memory };
  return finishRequest(projectKey, frame, given);
}

/** Puts the messages behind what stands in the chain, and makes of the whole what the call keeps of it. */
function finishRequest(
  projectKey: Buffer,
  frame: RequestFrame,
  given: {
    readonly chain: ChainBuilder;
    readonly catalogue: ChainBuilder;
    /** Messages that are in the chain already. */
    readonly before: readonly EncodedMessage[];
    readonly messages: readonly unknown[];
    readonly memory: RequestMemory | null;
  },
) {
  const { chain, catalogue } = given;
  const messages = [...given.before, ...given.messages.map((message) => addMessage(chain, message))];
  const messageFields = messages.flatMap(({ fields }, at) => (fields === null ? [] : [{ at, fields }]));
  const parametersContent: ParametersContent = {
    fields: frame.fields,
    billing: frame.billing,
    ...(messageFields.length === 0 ? {} : { messageFields }),
  };
  const parameters = parametersBlock(projectKey, parametersContent, given.memory);
  const layout: RequestLayout = {
    system: frame.system,
    systemBlocks: frame.systemBlocks,
    hasMessages: frame.hasMessages,
    hasTools: frame.hasTools,
    texts: encodeBitmap(messages.flatMap(({ isText }, at) => (isText ? [at] : []))),
    marks: chain.marks,
    nulls: chain.nulls,
    toolMarks: catalogue.marks,
    toolNulls: catalogue.nulls,
  };
  const links = [...chain.links, ...catalogue.links];
  const memory: RequestMemory = { chain: chain.links, catalogue: catalogue.links, parameters, frame, messages };
  // An answer that ends the request is a prefill by the client, and was never delivered.
  const continued = messages.slice(0, -1).findLast(({ answer }) => answer !== null);
  return {
    ...{ chain, catalogue, parameters, layout, memory },
    blocks: [...links.map(({ block }) => block), parameters],
    nodes: links.map(({ node }) => node),
    continuedNode: continued === undefined ? null : (chain.links[continued.end - 1]?.node.hash ?? null),
    continuedToolUseKey: toolUseKeyOf(continued?.answer),
  };
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

function addMessage(chain: ChainBuilder, message: unknown): EncodedMessage {
  if (!isPlainMessage(message)) {
    chain.add('message', roleOf(message), true, { message });
    return { end: chain.length, isText: false, fields: null, answer: null };
  }
  const { role, content, ...rest } = message;
  const isText = typeof content === 'string';
  if (isText) chain.add('content', role, true, { type: 'text', text: content });
  else for (const [at, block] of content.entries()) chain.add('content', role, at === 0, block);
  return {
    end: chain.length,
    isText,
    fields: Object.keys(rest).length > 0 ? rest : null,
    answer: role === 'assistant' ? content : null,
  };
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

function encodeResponse(
  projectKey: Buffer,
  response: JsonObject,
  from: ChainBuilder | null,
  upstreamRaw: string | null,
) {
  const chain = new ChainBuilder(projectKey, { parent: from });
  const { content, ...rest } = response;
  const hasBlocks = isBlockList(content);
  if (hasBlocks) for (const [at, block] of content.entries()) chain.add('content', 'assistant', at === 0, block);
  const envelope = hasBlocks ? rest : response;
  const contentBlocks = chain.links.map(({ block }) => block);
  const layout = { blocks: hasBlocks ? chain.length : null, marks: chain.marks, nulls: chain.nulls };
  if (upstreamRaw !== null && isPackable(upstreamRaw)) {
    const delivered = hasBlocks ? deliveredText(content) : '';
    const reply = replyBlock(projectKey, { envelope, raw: upstreamRaw, delivered });
    return { chain, blocks: contentBlocks, reply, layout };
  }
  const key = blockKeyOf(projectKey, 'response', envelope);
  const alone: TranscriptBlock = { key, kind: 'response', value: envelope };
  return {
    ...{ chain, blocks: [...contentBlocks, alone], reply: null },
    layout: { ...layout, envelope: key.toString('hex') },
  };
}

/** The key covers the delivered content too, because the block cannot be read without it. */
function replyBlock(projectKey: Buffer, reply: ReplyContent): TranscriptBlock {
  const { envelope, raw, delivered } = reply;
  const key = blockKeyOfText(projectKey, 'reply', `${orderedJson(envelope)}\u0000${delivered}\u0000${raw}`);
  return { key, kind: 'reply', value: null, reply };
}

function rawBlock(projectKey: Buffer, raw: string): TranscriptBlock {
  return { key: blockKeyOf(projectKey, 'raw', raw), kind: 'raw', value: raw };
}
