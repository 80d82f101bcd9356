import type Anthropic from '@anthropic-ai/sdk';
import {
  documentHead,
  documentText,
  joinTexts,
  omittedText,
  type ReadableBlock,
  searchResultText,
} from '../describe-content.ts';
import { type Encoding, lose, type RequestPath } from '../encoding.ts';
import { encodeToolName } from '../tool-name.ts';
import type { ChatContentPart } from './chat-request.ts';
import { encodeCacheControl } from './encode-cache-control.ts';

function text(value: string): ChatContentPart {
  return { type: 'text', text: value };
}

function omitted(encoding: Encoding, path: RequestPath, what: string, title?: string | null): ChatContentPart {
  return text(omittedText(encoding, path, what, title));
}

function encodeImage(encoding: Encoding, block: Anthropic.ImageBlockParam, path: RequestPath): ChatContentPart {
  if (!encoding.target.acceptsImages) return omitted(encoding, path, 'image');
  const { source } = block;
  if (source.type === 'url') {
    if (!encoding.target.acceptsImageUrls) return omitted(encoding, path, 'image by its address');
    return { type: 'image_url', image_url: { url: source.url } };
  }
  if (source.type === 'base64') {
    return { type: 'image_url', image_url: { url: `data:${source.media_type};base64,${source.data}` } };
  }
  return omitted(encoding, path, 'image of a file store');
}

function encodeDocument(
  encoding: Encoding,
  block: Anthropic.DocumentBlockParam,
  path: RequestPath,
): readonly ChatContentPart[] {
  const { source, title } = block;
  const said = documentText(encoding, block, path);
  if (said !== null) return [text(said)];
  if (source.type === 'content' && typeof source.content !== 'string') {
    const head = documentHead(block);
    const parts = source.content.flatMap((part, index) =>
      encodeBlock(encoding, part, [...path, 'source', 'content', index]),
    );
    return head === '' ? parts : [text(head), ...parts];
  }
  if (source.type === 'base64' && encoding.target.acceptsFiles) {
    const filename = title ?? 'document.pdf';
    return [{ type: 'file', file: { filename, file_data: `data:${source.media_type};base64,${source.data}` } }];
  }
  return [omitted(encoding, path, 'document', title)];
}

/** One block of a user turn or a tool result as parts. Empty text is left out: strict servers refuse it. */
export function encodeBlock(encoding: Encoding, block: ReadableBlock, path: RequestPath): readonly ChatContentPart[] {
  const cacheControl = encodeCacheControl(encoding, block, path, block.type === 'text' && block.text !== '');
  switch (block.type) {
    case 'text':
      return block.text === '' ? [] : [{ type: 'text', text: block.text, ...cacheControl }];
    case 'image':
      return [encodeImage(encoding, block, path)];
    case 'document':
      return encodeDocument(encoding, block, path);
    case 'search_result':
      return [text(searchResultText(encoding, block, path))];
    case 'tool_reference':
      lose(encoding, 'approximated', path, 'tool_reference sent as text');
      return [text(`Tool found: ${encodeToolName(block.tool_name)}`)];
    default:
      lose(encoding, 'dropped', path, 'content block of a kind that Chat Completions has not');
      return [];
  }
}

/** Parts as the content of a message: plain text stays a string, which every server takes. */
export function joinParts(parts: readonly ChatContentPart[]): string | readonly ChatContentPart[] {
  return parts.every((part) => part.type === 'text' && part.cache_control === undefined)
    ? joinTexts(parts.map((part) => (part.type === 'text' ? part.text : '')))
    : parts;
}
