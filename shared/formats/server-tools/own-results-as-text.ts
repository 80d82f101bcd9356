import type { CanonicalBody, CanonicalContentParam } from '../canonical.ts';
import { type Ledger, lose } from '../encoding.ts';
import { isOwnCallId } from './own-call-id.ts';
import { readServerToolResult } from './result-content.ts';

type Content = readonly CanonicalContentParam[];
type Fields = Readonly<Record<string, unknown>>;

function isOwn(block: CanonicalContentParam): boolean {
  if (block.type === 'server_tool_use') return isOwnCallId(block.id);
  return block.type.endsWith('_tool_result') && isOwnCallId((block as unknown as Fields)['tool_use_id']);
}

function asText(block: CanonicalContentParam, calls: ReadonlyMap<string, unknown>): CanonicalContentParam[] {
  if (block.type === 'server_tool_use') return [];
  const { tool_use_id: id, content } = block as unknown as Fields;
  const read = readServerToolResult(content);
  const asked = JSON.stringify(calls.get(String(id)) ?? {});
  const texts = read.content.flatMap((part): string[] => {
    if (part.type === 'text') return [part.text];
    return part.type === 'document' && part.source.type === 'text' ? [part.source.data] : [];
  });
  const kind = block.type.replace(/_tool_result$/, '');
  return [{ type: 'text', text: `<${kind} input=${asked}>\n${texts.join('\n')}\n</${kind}>` }];
}

/**
 * The conversation for an upstream that runs such tools itself: what the gateway ran becomes text, because no provider
 * takes results that it has not written. The very same list when there are none.
 */
export function ownResultsAsText(ledger: Ledger, messages: CanonicalBody['messages']): CanonicalBody['messages'] {
  const isMarked = ({ content }: { readonly content: string | Content }): boolean =>
    typeof content !== 'string' && content.some(isOwn);
  if (!messages.some((message) => message.role === 'assistant' && isMarked(message))) return messages;
  const calls = new Map<string, unknown>();
  return messages.map((message, index) => {
    if (message.role !== 'assistant' || typeof message.content === 'string' || !isMarked(message)) return message;
    lose(ledger, 'approximated', ['messages', index], 'server tools that the gateway ran are sent as text');
    for (const block of message.content) if (block.type === 'server_tool_use') calls.set(block.id, block.input);
    const content = message.content.flatMap((block) => (isOwn(block) ? asText(block, calls) : [block]));
    return { ...message, content: content.length === 0 ? [{ type: 'text' as const, text: '(searched)' }] : content };
  });
}
