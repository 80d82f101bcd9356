import type { CanonicalBody } from './canonical.ts';

/** Every tool-use id of a conversation. A client drops a call whose id it has seen, and then the model loops. */
export function historyToolUseIds(body: CanonicalBody): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const message of body.messages) {
    if (message.role !== 'assistant' || typeof message.content === 'string') continue;
    for (const block of message.content) if (block.type === 'tool_use') ids.add(block.id);
  }
  return ids;
}
