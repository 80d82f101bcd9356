import type { Selectable } from 'kysely';
import { callOf } from './call-row.ts';
import type { Block } from './content-memory.ts';
import type { StoredCall } from './load-call.ts';
import { BLOCK_BYTES_MAX, type Content } from './read-content.ts';
import type { CallTable } from './tables/call-tables.ts';
import { deliveredBefore, type LoadedNode, rebuildRequest, rebuildResponse } from './transcript/rebuild-transcript.ts';
import { unpackReply } from './transcript/reply-block.ts';
import { type TranscriptLayout, transcriptLayoutSchema } from './transcript/transcript-layout.ts';

export type CallRow = Selectable<CallTable>;

/** Puts a call together from its row and the content that it refers to. */
export async function assembleCall(row: CallRow, content: Content): Promise<StoredCall> {
  const { transcriptHead, responseNode, upstreamRawBlock, catalogueHash } = row;
  const layout = transcriptLayoutSchema.safeParse(row.transcriptLayout).data;
  return {
    call: { ...callOf(row), transcriptHead, responseNode, upstreamRawBlock, catalogueHash },
    request: layout === undefined ? null : requestOf(row, layout, content),
    ...(await replyOf(row, layout?.response ?? null, content)),
    isContentExpired: false,
  };
}

/** Whether the ends of everything that a call refers to are there; what lies between them goes with them. */
export function isWhole(row: CallRow, content: Content): boolean {
  const { transcriptHead, responseNode, catalogueHash, parametersBlock, upstreamRawBlock } = row;
  const hasNodes = [transcriptHead, responseNode, catalogueHash].every(
    (hash) => hash === null || content.nodes.has(hash.toString('hex')),
  );
  return (
    hasNodes &&
    [parametersBlock, upstreamRawBlock].every((key) => key === null || content.blocks.has(key.toString('hex')))
  );
}

export function withoutContent(row: CallRow): StoredCall {
  const { transcriptHead, responseNode, upstreamRawBlock, catalogueHash } = row;
  return {
    call: { ...callOf(row), transcriptHead, responseNode, upstreamRawBlock, catalogueHash },
    request: null,
    response: null,
    upstreamRaw: null,
    isContentExpired: true,
  };
}

function requestOf(row: CallRow, layout: TranscriptLayout, content: Content): Record<string, unknown> | null {
  if (layout.request === null || row.parametersBlock === null) return null;
  const chain = chainTo(content, row.transcriptHead);
  const catalogue = chainTo(content, row.catalogueHash);
  const parameters = blockAt(content, row.parametersBlock.toString('hex')).value;
  return rebuildRequest(layout.request, chain, catalogue, parameters);
}

async function replyOf(
  row: CallRow,
  layout: TranscriptLayout['response'],
  content: Content,
): Promise<Pick<StoredCall, 'response' | 'upstreamRaw'>> {
  const { responseNode, transcriptHead, upstreamRawBlock } = row;
  const block = upstreamRawBlock === null ? null : blockAt(content, upstreamRawBlock.toString('hex'));
  const chain = layout === null ? [] : chainTo(content, responseNode, transcriptHead);
  if (layout !== null && block !== null && Buffer.isBuffer(block.value)) {
    const { envelope, raw } = await unpackReply(block.value, deliveredBefore(layout, chain), BLOCK_BYTES_MAX);
    return { response: rebuildResponse(layout, chain, envelope), upstreamRaw: raw };
  }
  const upstreamRaw = typeof block?.value === 'string' ? block.value : null;
  if (layout?.envelope === undefined) return { response: null, upstreamRaw };
  return { response: rebuildResponse(layout, chain, blockAt(content, layout.envelope).value), upstreamRaw };
}

/** The chain up to a head, from its root or from behind `after`. */
function chainTo(content: Content, head: Buffer | null, after: Buffer | null = null): LoadedNode[] {
  const chain: LoadedNode[] = [];
  const end = after?.toString('hex') ?? null;
  for (let at = head?.toString('hex') ?? null; at !== null && at !== end; ) {
    const node = content.nodes.get(at);
    if (node === undefined) throw new Error(`transcript node ${at} is missing`);
    chain.push({ role: node.role, startsMessage: node.startsMessage, ...blockAt(content, node.blockKey) });
    at = node.parent;
  }
  return chain.reverse();
}

function blockAt(content: Content, key: string): Block {
  const block = content.blocks.get(key);
  if (block === undefined) throw new Error(`block ${key} is missing`);
  return block;
}
