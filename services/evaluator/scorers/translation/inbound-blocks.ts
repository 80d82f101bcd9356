import { isRecord, type JsonRecord } from '../json.ts';

/** A block of the client's request and where it stands. */
export interface InboundBlock {
  readonly pointer: string;
  readonly block: JsonRecord;
  readonly role: string;
  /** Index of its message. */
  readonly message: number;
}

/** All blocks of the messages in their order, those within tool results among them. A text by itself is a text block. */
export function inboundBlocks(request: JsonRecord | null): readonly InboundBlock[] {
  if (request === null) return [];
  const blocks = known.get(request) ?? readBlocks(request);
  known.set(request, blocks);
  return blocks;
}

/** Several scorers look at the blocks of one request, which nobody changes. */
const known = new WeakMap<JsonRecord, readonly InboundBlock[]>();

function readBlocks(request: JsonRecord): readonly InboundBlock[] {
  const messages = Array.isArray(request['messages']) ? (request['messages'] as unknown[]) : [];
  const blocks: InboundBlock[] = [];
  for (const [index, message] of messages.entries()) {
    if (isRecord(message)) for (const block of readMessage(message, index)) blocks.push(block);
  }
  return blocks;
}

const read = new WeakMap<JsonRecord, { readonly index: number; readonly blocks: readonly InboundBlock[] }>();

/** Messages that are shared between requests are read once. */
function readMessage(message: JsonRecord, index: number): readonly InboundBlock[] {
  const before = read.get(message);
  if (before?.index === index) return before.blocks;
  const blocks: InboundBlock[] = [];
  addBlocks(blocks, message['content'], `/messages/${index}/content`, String(message['role']), index);
  if (Object.isFrozen(message)) read.set(message, { index, blocks });
  return blocks;
}

function addBlocks(blocks: InboundBlock[], content: unknown, pointer: string, role: string, message: number): void {
  if (typeof content === 'string') blocks.push({ pointer, role, message, block: { type: 'text', text: content } });
  if (!Array.isArray(content)) return;
  for (const [index, block] of (content as unknown[]).entries()) {
    if (!isRecord(block)) continue;
    const place = `${pointer}/${index}`;
    blocks.push({ pointer: place, role, message, block });
    if (block['type'] === 'tool_result') addBlocks(blocks, block['content'], `${place}/content`, role, message);
  }
}
