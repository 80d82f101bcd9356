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
  return messages.flatMap((message, index) =>
    isRecord(message) ? blocksOf(message['content'], `/messages/${index}/content`, String(message['role']), index) : [],
  );
}

function blocksOf(content: unknown, pointer: string, role: string, message: number): readonly InboundBlock[] {
  if (typeof content === 'string') return [{ pointer, role, message, block: { type: 'text', text: content } }];
  if (!Array.isArray(content)) return [];
  return (content as unknown[]).flatMap((block, index) => {
    if (!isRecord(block)) return [];
    const place = `${pointer}/${index}`;
    const own = { pointer: place, role, message, block };
    return block['type'] === 'tool_result'
      ? [own, ...blocksOf(block['content'], `${place}/content`, role, message)]
      : [own];
  });
}
