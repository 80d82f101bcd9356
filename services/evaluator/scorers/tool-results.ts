import { isRecord } from './json.ts';

/** What came back for one tool call. */
export interface ToolResult {
  readonly pointer: string;
  readonly text: string;
  /** True when the client flagged it; OpenAI clients have no such flag. */
  readonly flaggedError: boolean;
}

/**
 * Tool results of a conversation by tool call id. A later result for the same id replaces an earlier one.
 *
 * @param ids of the calls whose results are wanted; without it, those of all
 */
export function readToolResults(
  messages: readonly unknown[],
  ids?: ReadonlySet<string>,
): ReadonlyMap<string, ToolResult> {
  const results = new Map<string, ToolResult>();
  // The newest stand last, and behind a long history only the newest are wanted.
  for (let message = messages.length - 1; message >= 0 && results.size !== ids?.size; message -= 1) {
    const entry = messages[message];
    if (!isRecord(entry) || !Array.isArray(entry['content'])) continue;
    const blocks = entry['content'] as unknown[];
    for (let at = blocks.length - 1; at >= 0; at -= 1) {
      const block = blocks[at];
      if (!isRecord(block) || block['type'] !== 'tool_result') continue;
      const id = String(block['tool_use_id'] ?? '');
      if (results.has(id) || ids?.has(id) === false) continue;
      const pointer = `/messages/${message}/content/${at}`;
      results.set(id, { pointer, text: toolResultText(block['content']), flaggedError: block['is_error'] === true });
    }
  }
  return results;
}

/** The text of a tool result; blocks that are no text count by their type. */
export function toolResultText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((block) => {
      if (!isRecord(block)) return '';
      return block['type'] === 'text' ? String(block['text'] ?? '') : `[${String(block['type'])}]`;
    })
    .join('\n');
}
