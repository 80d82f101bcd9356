import type Anthropic from '@anthropic-ai/sdk';
import type { CanonicalContentParam } from '../canonical.ts';
import { type Ledger, lose, type RequestPath } from '../encoding.ts';
import { isJsonObject, type JsonObject, nonEmptyString } from '../json-object.ts';

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w-]+=[^;,]*)*(;base64)?,/i;

interface DataUrl {
  readonly mediaType: string;
  readonly isBase64: boolean;
  readonly data: string;
}

function parseDataUrl(url: string): DataUrl | null {
  const match = DATA_URL.exec(url);
  if (match === null) return null;
  return {
    mediaType: (match[1] ?? 'text/plain').toLowerCase(),
    isBase64: match[2] !== undefined,
    data: url.slice(match[0].length),
  };
}

/** Says in the model's own words that something is missing, so that it does not answer as if it had seen it. */
export function missingPart(decoding: Ledger, path: RequestPath, what: string): CanonicalContentParam {
  lose(decoding, 'dropped', path, `${what} cannot be sent on`);
  return { type: 'text', text: `[${what} omitted: it cannot be shown to this model]` };
}

/** An image by its address or data URL. */
export function decodeImage(decoding: Ledger, url: unknown, detail: unknown, path: RequestPath): CanonicalContentParam {
  if (detail !== undefined && detail !== null && detail !== 'auto') {
    lose(decoding, 'dropped', [...path, 'detail'], 'detail of an image');
  }
  const address = nonEmptyString(url);
  if (address === null) return missingPart(decoding, path, 'image of a file store');
  const inline = parseDataUrl(address);
  if (inline === null) return { type: 'image', source: { type: 'url', url: address } };
  if (!inline.isBase64) return missingPart(decoding, path, 'image that is not base64');
  // Servers say themselves which kinds of image they take.
  const mediaType = inline.mediaType as Anthropic.Base64ImageSource['media_type'];
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data: inline.data } };
}

function titled(filename: string | null): { title: string } | Record<string, never> {
  return filename === null ? {} : { title: filename };
}

/** A file part: PDFs and plain text have a counterpart; a file that only OpenAI stores has not. */
export function decodeFile(decoding: Ledger, file: JsonObject, path: RequestPath): CanonicalContentParam {
  const filename = nonEmptyString(file['filename']);
  const address = nonEmptyString(file['file_url']);
  if (address !== null) return { type: 'document', source: { type: 'url', url: address }, ...titled(filename) };
  const data = nonEmptyString(file['file_data']);
  if (data === null) return missingPart(decoding, path, 'file of a file store');
  const inline = parseDataUrl(data) ?? { mediaType: 'application/pdf', isBase64: true, data };
  if (inline.mediaType === 'application/pdf' && inline.isBase64) {
    const source = { type: 'base64', media_type: 'application/pdf', data: inline.data } as const;
    return { type: 'document', source, ...titled(filename) };
  }
  if (inline.mediaType.startsWith('image/') && inline.isBase64) return decodeImage(decoding, data, undefined, path);
  if (!inline.mediaType.startsWith('text/') && inline.mediaType !== 'application/json') {
    return missingPart(decoding, path, 'file of this kind');
  }
  const text = inline.isBase64 ? Buffer.from(inline.data, 'base64').toString('utf8') : unescapePercent(inline.data);
  return { type: 'document', source: { type: 'text', media_type: 'text/plain', data: text }, ...titled(filename) };
}

function unescapePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The parts of a content list that are objects; strings among them are text, as some clients write it. */
export function contentParts(content: unknown): readonly JsonObject[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: unknown) =>
    typeof part === 'string' ? [{ type: 'text', text: part }] : isJsonObject(part) ? [part] : [],
  );
}
