import type { CanonicalBody, CanonicalContentParam } from './canonical.ts';
import type { RequestPath } from './encoding.ts';

/** A block and where it stands in the request. */
export interface PlacedBlock {
  readonly block: CanonicalContentParam;
  readonly path: RequestPath;
}

export interface Turn {
  readonly role: 'user' | 'assistant' | 'system';
  readonly blocks: readonly PlacedBlock[];
  readonly path: RequestPath;
}

/**
 * The conversation as turns of blocks. Assistant messages that follow one another are one turn, as they are for the
 * Messages API: a result may answer a call of any of them.
 */
export function conversationTurns(messages: CanonicalBody['messages'], from = 0): readonly Turn[] {
  const turns: { role: Turn['role']; blocks: PlacedBlock[]; path: RequestPath }[] = [];
  for (let index = from; index < messages.length; index += 1) {
    const message = messages[index];
    if (message === undefined) continue;
    const path = ['messages', index];
    const content = typeof message.content === 'string' ? textBlocks(message.content) : message.content;
    const blocks = content.map((block, blockIndex) => ({ block, path: [...path, 'content', blockIndex] }));
    const last = turns.at(-1);
    if (message.role === 'assistant' && last?.role === 'assistant') last.blocks.push(...blocks);
    else turns.push({ role: message.role, blocks, path });
  }
  return turns;
}

function textBlocks(text: string): CanonicalContentParam[] {
  return text === '' ? [] : [{ type: 'text', text }];
}
