import type { CanonicalContentBlock } from '../canonical.ts';
import { toolArguments } from '../tool-arguments.ts';
import { itemId } from './response-object.ts';

type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

export interface OutputItem {
  readonly id: string;
  readonly type: 'message' | 'reasoning' | 'function_call';
  readonly [field: string]: unknown;
}

export function textPart(text: string): object {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

/** The output item of a block; null for blocks that have none. Each block is an item, so that order is kept. */
export function encodeItem(
  block: CanonicalContentBlock,
  messageId: string,
  outputIndex: number,
  status: ItemStatus,
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
  if (block.type !== 'tool_use') return null;
  return {
    id: itemId(messageId, 'fc', outputIndex),
    type: 'function_call',
    status,
    call_id: block.id,
    name: block.name,
    arguments: status === 'in_progress' ? '' : toolArguments(block.input),
  };
}
