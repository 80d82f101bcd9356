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
  for (const [messageIndex, message] of messages.entries()) {
    if (!isRecord(message) || !Array.isArray(message['content'])) continue;
    for (const [blockIndex, block] of (message['content'] as unknown[]).entries()) {
      if (!isRecord(block) || block['type'] !== 'tool_result') continue;
      const id = String(block['tool_use_id'] ?? '');
      if (ids?.has(id) === false) continue;
      results.set(id, {
        pointer: `/messages/${messageIndex}/content/${blockIndex}`,
        text: toolResultText(block['content']),
        flaggedError: block['is_error'] === true,
      });
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
