import type { CanonicalBody, CanonicalContentParam } from '../canonical.ts';
import { type Loss, type LossKind, lossPointer, recordLoss } from '../loss.ts';
import { encodeToolUseId, isUsableToolUseId } from '../tool-id.ts';

/** Other vendors' reasoning rides in signatures that begin with the vendor's tag; Anthropic's own hold no colon. */
const FOREIGN_TAG = /^[a-z-]+:/;

/** What the API refuses of a block; null when it takes it. */
type Fault = 'unsigned' | 'empty' | 'odd_id' | null;

const DETAILS: Readonly<Record<NonNullable<Fault>, readonly [LossKind, string]>> = {
  unsigned: ['dropped', 'thinking without a signature of this provider'],
  empty: ['dropped', 'empty text'],
  odd_id: ['renamed', 'tool-use id does not fit'],
};

function faultOf(block: CanonicalContentParam): Fault {
  switch (block.type) {
    case 'text':
      return block.text === '' ? 'empty' : null;
    case 'thinking': {
      const { signature } = block;
      return typeof signature !== 'string' || signature === '' || FOREIGN_TAG.test(signature) ? 'unsigned' : null;
    }
    case 'tool_use':
      return isUsableToolUseId(block.id) ? null : 'odd_id';
    case 'tool_result':
      return isUsableToolUseId(block.tool_use_id) ? null : 'odd_id';
    default:
      return null;
  }
}

/** A block as the API takes it; null for one that it takes in no way. */
function fitBlock(block: CanonicalContentParam, fault: Fault): CanonicalContentParam | null {
  if (fault === null) return block;
  if (block.type === 'tool_use') return { ...block, id: encodeToolUseId(block.id) };
  return block.type === 'tool_result' ? { ...block, tool_use_id: encodeToolUseId(block.tool_use_id) } : null;
}

function isFaulty(block: CanonicalContentParam): boolean {
  return faultOf(block) !== null;
}

function fitContent(content: readonly CanonicalContentParam[], message: number, losses: Loss[]) {
  return content.flatMap((block, index) => {
    const fault = faultOf(block);
    if (fault === null) return [block];
    const [kind, detail] = DETAILS[fault];
    const pointer = lossPointer('messages', message, 'content', index);
    recordLoss(losses, { kind, pointer, format: 'anthropic-messages', detail });
    return fitBlock(block, fault) ?? [];
  });
}

/**
 * Makes a conversation that began at other upstreams one that the API takes: it refuses thinking that it has not signed,
 * text that is empty and ids with other characters than its own. Returns the same body when there is nothing to do.
 */
export function fitBlocks(body: CanonicalBody, losses: Loss[]): CanonicalBody {
  let isChanged = false;
  const messages: CanonicalBody['messages'] = [];
  for (const [index, message] of body.messages.entries()) {
    if (message.role === 'system' || typeof message.content === 'string' || !message.content.some(isFaulty)) {
      messages.push(message);
      continue;
    }
    isChanged = true;
    const content = fitContent(message.content, index, losses);
    if (content.length > 0) messages.push({ ...message, content });
    // The client has to hear of a question that says nothing; an answer that says nothing can go.
    else if (message.role !== 'assistant') messages.push(message);
  }
  return isChanged ? { ...body, messages } : body;
}
