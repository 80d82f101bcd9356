import type Anthropic from '@anthropic-ai/sdk';
import { omittedText, type ReadableBlock, searchResultText } from '../describe-content.ts';
import { lose, type RequestPath } from '../encoding.ts';
import { encodeToolName } from '../tool-name.ts';
import type { ConverseShown, ConverseText } from './converse-request.ts';
import { encodeDocument } from './encode-document.ts';
import { type Encoding, noteInnerCacheControl } from './encoding.ts';

const IMAGE_FORMATS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
};

function omitted(encoding: Encoding, path: RequestPath, what: string, title?: string | null): ConverseText {
  return { text: omittedText(encoding, path, what, title) };
}

/** Converse refuses text that is empty or blank. */
export function encodeText(encoding: Encoding, text: string, path: RequestPath): readonly ConverseText[] {
  if (text.trim() !== '') return [{ text }];
  if (text !== '') lose(encoding, 'dropped', path, 'blank text');
  return [];
}

function imageFormatOfUri(uri: string): string | undefined {
  const extension = /\.([a-z]+)$/i.exec(uri)?.[1]?.toLowerCase() ?? '';
  return IMAGE_FORMATS[`image/${extension}`];
}

function encodeImage(encoding: Encoding, block: Anthropic.ImageBlockParam, path: RequestPath): ConverseShown {
  const { source } = block;
  if (!encoding.target.acceptsImages) return omitted(encoding, path, 'image');
  if (source.type === 'base64') {
    const format = IMAGE_FORMATS[source.media_type];
    if (format !== undefined) return { image: { format, source: { bytes: source.data } } };
  }
  if (source.type === 'url' && source.url.startsWith('s3://')) {
    const format = imageFormatOfUri(source.url);
    if (format !== undefined) return { image: { format, source: { s3Location: { uri: source.url } } } };
  }
  return omitted(encoding, path, source.type === 'url' ? 'image at a web address' : 'image');
}

function encodeDocumentBlock(
  encoding: Encoding,
  block: Anthropic.DocumentBlockParam,
  path: RequestPath,
): readonly ConverseShown[] {
  const { source, title, context } = block;
  const head = context ? encodeText(encoding, context, [...path, 'context']) : [];
  if (source.type === 'content') {
    const titled = title ? [{ text: title }, ...head] : head;
    if (typeof source.content === 'string') {
      return [...titled, ...encodeText(encoding, source.content, [...path, 'source', 'content'])];
    }
    const parts = source.content.flatMap((part, index) => {
      const partPath = [...path, 'source', 'content', index];
      noteInnerCacheControl(encoding, part, partPath);
      return encodeShown(encoding, part, partPath);
    });
    return [...titled, ...parts];
  }
  return [...head, encodeDocument(encoding, block, path) ?? omitted(encoding, path, 'document', title)];
}

/** One block of a user turn or a tool result that is to be shown to the model. */
export function encodeShown(encoding: Encoding, block: ReadableBlock, path: RequestPath): readonly ConverseShown[] {
  switch (block.type) {
    case 'text':
      return encodeText(encoding, block.text, path);
    case 'image':
      return [encodeImage(encoding, block, path)];
    case 'document':
      return encodeDocumentBlock(encoding, block, path);
    case 'search_result':
      return encodeText(encoding, searchResultText(encoding, block, path), path);
    case 'tool_reference':
      lose(encoding, 'approximated', path, 'tool_reference sent as text');
      return [{ text: `Tool found: ${encodeToolName(block.tool_name)}` }];
    default:
      lose(encoding, 'dropped', path, 'content block of a kind that Converse has not');
      return [];
  }
}
