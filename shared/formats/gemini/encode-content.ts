import type Anthropic from '@anthropic-ai/sdk';
import { lookUp } from '../../look-up.ts';
import { documentHead, documentText, omittedText, type ReadableBlock, searchResultText } from '../describe-content.ts';
import { type Encoding, lose, noteCacheControl, type RequestPath } from '../encoding.ts';
import type { GeminiContentPart } from './gemini-request.ts';
import { encodeGeminiToolName } from './tool-name.ts';

/** Image types that Gemini reads; GIF, which the Messages API takes, is not among them. */
const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif']);
const TYPE_OF_EXTENSION: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
};

function text(value: string): GeminiContentPart {
  return { text: value };
}

function omitted(encoding: Encoding, path: RequestPath, what: string, title?: string | null): GeminiContentPart {
  return text(omittedText(encoding, path, what, title));
}

/** Gemini wants to be told the type of what it fetches. */
function typeOfImageUrl(encoding: Encoding, url: string, path: RequestPath): string {
  const extension = /\.([a-z]+)(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase() ?? '';
  const known = lookUp(TYPE_OF_EXTENSION, extension);
  if (known === undefined) lose(encoding, 'approximated', path, 'type of an image by URL guessed');
  return known ?? 'image/jpeg';
}

function encodeImage(encoding: Encoding, block: Anthropic.ImageBlockParam, path: RequestPath): GeminiContentPart {
  if (!encoding.target.acceptsImages) return omitted(encoding, path, 'image');
  const { source } = block;
  if (source.type === 'url') {
    return { fileData: { mimeType: typeOfImageUrl(encoding, source.url, path), fileUri: source.url } };
  }
  if (source.type !== 'base64') return omitted(encoding, path, 'image of a file store');
  if (!IMAGE_TYPES.has(source.media_type)) return omitted(encoding, path, 'image of a type that Gemini cannot read');
  return { inlineData: { mimeType: source.media_type, data: source.data } };
}

function encodeDocument(
  encoding: Encoding,
  block: Anthropic.DocumentBlockParam,
  path: RequestPath,
): readonly GeminiContentPart[] {
  const { source, title } = block;
  const head = documentHead(block);
  const said = documentText(encoding, block, path);
  if (said !== null) return [text(said)];
  const behindHead = (parts: readonly GeminiContentPart[]) => (head === '' ? parts : [text(head), ...parts]);
  switch (source.type) {
    case 'content':
      if (typeof source.content === 'string') return [];
      return behindHead(
        source.content.flatMap((part, index) => encodeBlock(encoding, part, [...path, 'source', 'content', index])),
      );
    case 'base64':
      return behindHead([{ inlineData: { mimeType: source.media_type, data: source.data } }]);
    case 'url':
      return behindHead([{ fileData: { mimeType: 'application/pdf', fileUri: source.url } }]);
    default:
      return [omitted(encoding, path, 'document', title)];
  }
}

/** One block of a user turn or a tool result as parts. Empty text is left out: it is refused as a part without data. */
export function encodeBlock(encoding: Encoding, block: ReadableBlock, path: RequestPath): readonly GeminiContentPart[] {
  noteCacheControl(encoding, block, path);
  switch (block.type) {
    case 'text':
      return block.text === '' ? [] : [text(block.text)];
    case 'image':
      return [encodeImage(encoding, block, path)];
    case 'document':
      return encodeDocument(encoding, block, path);
    case 'search_result':
      return [text(searchResultText(encoding, block, path))];
    case 'tool_reference':
      lose(encoding, 'approximated', path, 'tool_reference sent as text');
      return [text(`Tool found: ${encodeGeminiToolName(block.tool_name)}`)];
    default:
      lose(encoding, 'dropped', path, 'content block of a kind that Gemini has not');
      return [];
  }
}
