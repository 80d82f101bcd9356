import type { CanonicalContentBlock } from '../canonical.ts';
import { isJsonObject } from '../json-object.ts';
import { customCallText } from '../openai-chat/custom-tool.ts';
import { toolArguments } from '../tool-arguments.ts';
import { itemId } from './response-object.ts';

type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

export interface OutputItem {
  readonly id: string;
  readonly type: 'message' | 'reasoning' | 'function_call' | 'custom_tool_call' | 'web_search_call';
  readonly [field: string]: unknown;
}

export function textPart(text: string): object {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

/** What a search of the server's own did, as OpenAI shows it. */
function searchAction(name: string, input: unknown): object {
  const fields = isJsonObject(input) ? input : {};
  return name === 'web_fetch'
    ? { type: 'open_page', url: String(fields['url'] ?? '') }
    : { type: 'search', query: String(fields['query'] ?? '') };
}

/** Whether a block is shown as an item, or is a part of what another item says. */
export function isShownServerBlock({ type }: CanonicalContentBlock): boolean {
  return type === 'server_tool_use' || type === 'web_search_tool_result' || type === 'web_fetch_tool_result';
}

/** The output item of a block; null for blocks that have none. Each block is an item, so that order is kept. */
export function encodeItem(
  block: CanonicalContentBlock,
  messageId: string,
  outputIndex: number,
  status: ItemStatus,
  customNames: ReadonlySet<unknown>,
): OutputItem | null {
  if (block.type === 'text') {
    const content = status === 'in_progress' ? [] : [textPart(block.text)];
    return { id: itemId(messageId, 'msg', outputIndex), type: 'message', status, role: 'assistant', content };
  }
  if (block.type === 'thinking') {
    // The signature is what has to come back; the client keeps it as what it cannot read.
    const encrypted = block.signature === '' ? {} : { encrypted_content: block.signature };
    const summary = block.thinking === '' ? [] : [{ type: 'summary_text', text: block.thinking }];
    return { id: itemId(messageId, 'rs', outputIndex), type: 'reasoning', summary, ...encrypted };
  }
  if (block.type === 'server_tool_use') {
    const action = searchAction(block.name, block.input);
    return { id: itemId(messageId, 'ws', outputIndex), type: 'web_search_call', status, action };
  }
  if (block.type !== 'tool_use') return null;
  if (customNames.has(block.name)) {
    const input = status === 'in_progress' ? '' : customCallText(block.input);
    const called = { status, call_id: block.id, name: block.name, input };
    return { id: itemId(messageId, 'ctc', outputIndex), type: 'custom_tool_call', ...called };
  }
  return {
    id: itemId(messageId, 'fc', outputIndex),
    type: 'function_call',
    status,
    call_id: block.id,
    name: block.name,
    arguments: status === 'in_progress' ? '' : toolArguments(block.input),
  };
}
