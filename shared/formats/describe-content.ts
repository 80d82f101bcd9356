import type Anthropic from '@anthropic-ai/sdk';
import type { CanonicalContentParam, CanonicalToolResult } from './canonical.ts';
import { type Encoding, lose, type RequestPath } from './encoding.ts';

type ResultBlock = Exclude<NonNullable<Anthropic.ToolResultBlockParam['content']>, string>[number];
/** What a user turn or a tool result can show. */
export type ReadableBlock = CanonicalContentParam | ResultBlock;

const SEPARATOR = '\n\n';

/** Joins texts the way a reader separates paragraphs. */
export function joinTexts(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join(SEPARATOR);
}

/** Says in the model's own words that something is missing, so that it does not answer as if it had seen it. */
export function omittedText(encoding: Encoding, path: RequestPath, what: string, title?: string | null): string {
  lose(encoding, 'dropped', path, `${what} cannot be sent to this target`);
  return `[${what} omitted: ${title ? `"${title}", ` : ''}this model cannot be shown it]`;
}

/** What a document says about itself, in front of its text. */
export function documentHead(block: Anthropic.DocumentBlockParam): string {
  return [block.title, block.context].filter((line) => typeof line === 'string' && line !== '').join('\n');
}

/** What a document of text says, for wires that have files only; null for one that is a file, or consists of blocks. */
export function documentText(
  encoding: Encoding,
  block: Anthropic.DocumentBlockParam,
  path: RequestPath,
): string | null {
  const { source } = block;
  if (source.type !== 'text' && source.type !== 'content') return null;
  lose(encoding, 'approximated', path, 'document of text sent as text');
  const said = source.type === 'text' ? source.data : source.content;
  if (typeof said !== 'string') return null;
  const head = documentHead(block);
  return head === '' ? said : `${head}\n${said}`;
}

export function searchResultText(
  encoding: Encoding,
  block: Anthropic.SearchResultBlockParam,
  path: RequestPath,
): string {
  lose(encoding, 'approximated', path, 'search_result sent as text');
  return [block.title, block.source, ...block.content.map((part) => part.text)].join('\n');
}

/** A system message in mid-conversation, for servers that have no such role there. */
export function markedSystemText(encoding: Encoding, content: string, path: RequestPath): string {
  lose(encoding, 'approximated', path, 'system message in mid-conversation sent as user text');
  return `<system-message>\n${content}\n</system-message>`;
}

/** The blocks of a result's content, and where they stand. */
export function resultBlocks(
  result: CanonicalToolResult,
  path: RequestPath,
): readonly { readonly block: ReadableBlock; readonly path: RequestPath }[] {
  const { content } = result;
  if (typeof content === 'string') return [{ block: { type: 'text', text: content }, path: [...path, 'content', 0] }];
  return (content ?? []).map((block, index) => ({ block, path: [...path, 'content', index] }));
}
