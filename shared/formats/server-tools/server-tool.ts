import type { CanonicalTool } from '../canonical.ts';

/** Tools that the API runs itself; their types end in a date, which names a revision and not a tool. */
const SERVER_TOOL_TYPE =
  /^(web_search|web_fetch|code_execution|tool_search_tool_regex|tool_search_tool_bm25|mcp_toolset|advisor)(?:_\d{8})?$/;

const USE_TYPES: ReadonlySet<string> = new Set(['server_tool_use', 'mcp_tool_use']);
const RESULT_TYPES: ReadonlySet<string> = new Set([
  'web_search_tool_result',
  'web_fetch_tool_result',
  'code_execution_tool_result',
  'bash_code_execution_tool_result',
  'text_editor_code_execution_tool_result',
  'tool_search_tool_result',
  'mcp_tool_result',
  'advisor_tool_result',
]);

/** How the decoder names what only OpenAI runs. */
const OPENAI_TOOL_TYPE = /^openai:([a-z0-9_]+)$/;

/** Which tool of OpenAI's own a definition asks for; null for all others. */
export function openaiToolKind(tool: CanonicalTool): string | null {
  const { type } = tool as { readonly type?: unknown };
  return typeof type === 'string' ? (OPENAI_TOOL_TYPE.exec(type)?.[1] ?? null) : null;
}

/** Which tool of the API's own a definition asks for, without its revision; null for tools that clients run. */
export function serverToolKind(tool: CanonicalTool): string | null {
  const { type } = tool as { readonly type?: unknown };
  if (typeof type !== 'string' || 'input_schema' in tool) return null;
  return SERVER_TOOL_TYPE.exec(type)?.[1] ?? openaiToolKind(tool);
}

/** Whether a block of an assistant message is a call that the API itself runs. */
export function isServerToolUse(block: { readonly type: string }): boolean {
  return USE_TYPES.has(block.type);
}

/** Whether a block of an assistant message is the result of such a call. */
export function isServerToolResult(block: { readonly type: string }): boolean {
  return RESULT_TYPES.has(block.type);
}
