import type { CanonicalBody, CanonicalContentParam } from '../canonical.ts';
import { type Loss, lossPointer, recordLoss } from '../loss.ts';

/** Other vendors' reasoning rides in signatures that begin with the vendor's tag; Anthropic's own hold no colon. */
const FOREIGN_TAG = /^[a-z-]+:/;

function isUnsigned(block: CanonicalContentParam): boolean {
  if (block.type !== 'thinking') return false;
  const { signature } = block;
  return typeof signature !== 'string' || signature === '' || FOREIGN_TAG.test(signature);
}

/**
 * Removes reasoning that another model wrote: Anthropic refuses thinking blocks that it has not signed, and sessions
 * move between upstreams. Returns the same body when there is none.
 */
export function dropUnsignedThinking(body: CanonicalBody, losses: Loss[]): CanonicalBody {
  let isChanged = false;
  const messages: CanonicalBody['messages'] = [];
  for (const [index, message] of body.messages.entries()) {
    if (message.role !== 'assistant' || typeof message.content === 'string' || !message.content.some(isUnsigned)) {
      messages.push(message);
      continue;
    }
    isChanged = true;
    const pointer = lossPointer('messages', index, 'content', message.content.findIndex(isUnsigned));
    const detail = 'thinking without a signature of this provider';
    recordLoss(losses, { kind: 'dropped', pointer, format: 'anthropic-messages', detail });
    const content = message.content.filter((block) => !isUnsigned(block));
    if (content.length > 0) messages.push({ ...message, content });
  }
  return isChanged ? { ...body, messages } : body;
}
