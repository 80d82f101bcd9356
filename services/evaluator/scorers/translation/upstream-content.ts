import { isRecord, type JsonRecord } from '../json.ts';
import type { ScoringSubject, UpstreamRequest } from '../scoring-subject.ts';

/** Kinds of blocks that a conversation is made of, whatever the wire format calls them. */
export type BlockKind = 'image' | 'document' | 'tool call' | 'tool result';

/** What an upstream's request says, read from its body without any knowledge of how it was made. */
export interface UpstreamContent {
  /** The system prompt: what stands apart, or leads the messages. */
  readonly systemText: string;
  /** Every text of the conversation, the system prompt's among them. */
  readonly allText: string;
  /** The same texts one by one. */
  readonly texts: ReadonlySet<string>;
  readonly counts: Readonly<Record<BlockKind, number>>;
  /** Thinking of earlier turns in any form: its text, signature or encrypted content. */
  readonly reasoning: readonly string[];
}

/** Null where it is not known, byte for byte, what was sent: a difference would prove nothing. */
export function upstreamContent(subject: ScoringSubject): UpstreamContent | null {
  return subject.part(readSubject);
}

function readSubject({ upstreamRequest }: ScoringSubject): UpstreamContent | null {
  return upstreamRequest?.isExact === true ? readUpstreamContent(upstreamRequest) : null;
}

interface Collected {
  readonly system: string[];
  readonly texts: string[];
  readonly counts: Record<BlockKind, number>;
  readonly reasoning: string[];
}

const DEPTH_MAX = 8;

export function readUpstreamContent({ body }: Pick<UpstreamRequest, 'body'>): UpstreamContent {
  const collected: Collected = {
    system: [],
    texts: [],
    counts: { image: 0, document: 0, 'tool call': 0, 'tool result': 0 },
    reasoning: [],
  };
  for (const name of ['system', 'instructions', 'systemInstruction', 'system_instruction']) {
    const texts: string[] = [];
    collectTexts(body[name], texts, 0);
    collected.system.push(...texts);
  }
  for (const name of ['messages', 'input', 'contents']) readMessages(body[name], collected);
  // Few look into all of it, and it is as long as the whole conversation.
  let allText: string | null = null;
  let texts: ReadonlySet<string> | null = null;
  return {
    systemText: collected.system.join('\n'),
    get allText() {
      allText ??= [...collected.system, ...collected.texts].join('\n');
      return allText;
    },
    get texts() {
      texts ??= new Set([...collected.system, ...collected.texts]);
      return texts;
    },
    counts: collected.counts,
    reasoning: collected.reasoning,
  };
}

function readMessages(messages: unknown, collected: Collected): void {
  if (typeof messages === 'string') collected.texts.push(messages);
  if (!Array.isArray(messages)) return;
  let leads = true;
  for (const message of messages as unknown[]) {
    if (!isRecord(message)) continue;
    const isSystem = message['role'] === 'system' || message['role'] === 'developer';
    leads &&= isSystem;
    if (leads) collectTexts(message['content'], collected.system, 0);
    readBlock(message, collected, 0);
  }
}

/** A message, a part of one, or an item beside messages: each says by its own fields what it is. */
function readBlock(block: unknown, collected: Collected, depth: number): void {
  if (depth > DEPTH_MAX) return;
  if (typeof block === 'string') {
    collected.texts.push(block);
    return;
  }
  if (!isRecord(block)) return;
  const kind = kindOf(block);
  if (kind !== null) collected.counts[kind] += 1;
  readReasoning(block, collected);
  if (typeof block['text'] === 'string') collected.texts.push(block['text']);
  // Chat writes calls beside the content of a message, and a result as a message of its own.
  if (Array.isArray(block['tool_calls'])) collected.counts['tool call'] += block['tool_calls'].length;
  for (const name of ['content', 'parts', 'output']) readList(block[name], collected, depth);
  for (const name of ['toolResult', 'functionResponse'])
    if (isRecord(block[name])) readList(block[name]['content'] ?? block[name]['parts'], collected, depth);
}

function readList(value: unknown, collected: Collected, depth: number): void {
  if (typeof value === 'string') collected.texts.push(value);
  if (Array.isArray(value)) for (const part of value as unknown[]) readBlock(part, collected, depth + 1);
}

function kindOf(block: JsonRecord): BlockKind | null {
  const { type } = block;
  if (type === 'image' || type === 'image_url' || type === 'input_image' || isRecord(block['image'])) return 'image';
  if (type === 'document' || type === 'file' || type === 'input_file' || isRecord(block['document'])) return 'document';
  if (type === 'tool_use' || type === 'function_call' || type === 'custom_tool_call') return 'tool call';
  if (isRecord(block['toolUse']) || isRecord(block['functionCall'])) return 'tool call';
  if (type === 'tool_result' || type === 'function_call_output' || type === 'custom_tool_call_output')
    return 'tool result';
  if (block['role'] === 'tool' || isRecord(block['toolResult']) || isRecord(block['functionResponse']))
    return 'tool result';
  return mediaKind(block['inlineData'] ?? block['inline_data'] ?? block['fileData'] ?? block['file_data']);
}

function mediaKind(data: unknown): BlockKind | null {
  if (!isRecord(data)) return null;
  return /^image\//.test(String(data['mimeType'] ?? data['mime_type'] ?? '')) ? 'image' : 'document';
}

function readReasoning(block: JsonRecord, collected: Collected): void {
  for (const name of [
    'thinking',
    'signature',
    'data',
    'encrypted_content',
    'thoughtSignature',
    'reasoning_content',
    'reasoning',
  ]) {
    const value = block[name];
    if (typeof value === 'string' && value !== '') collected.reasoning.push(value);
  }
  if (block['thought'] === true && typeof block['text'] === 'string') collected.reasoning.push(block['text']);
  const content = isRecord(block['reasoningContent']) ? block['reasoningContent'] : null;
  const text = content !== null && isRecord(content['reasoningText']) ? content['reasoningText'] : null;
  for (const value of [text?.['text'], text?.['signature']])
    if (typeof value === 'string') collected.reasoning.push(value);
}

function collectTexts(value: unknown, texts: string[], depth: number): void {
  if (typeof value === 'string') texts.push(value);
  else if (depth > DEPTH_MAX) return;
  else if (Array.isArray(value)) for (const each of value as unknown[]) collectTexts(each, texts, depth + 1);
  else if (isRecord(value)) {
    if (typeof value['text'] === 'string') texts.push(value['text']);
    if (value['parts'] !== undefined) collectTexts(value['parts'], texts, depth + 1);
  }
}
