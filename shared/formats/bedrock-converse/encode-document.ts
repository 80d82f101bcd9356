import type Anthropic from '@anthropic-ai/sdk';
import { lose, type RequestPath } from '../encoding.ts';
import type { ConverseDocument, ConverseSource } from './converse-request.ts';
import type { Encoding } from './encoding.ts';

const DOCUMENT_FORMATS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/plain': 'txt',
  'text/markdown': 'md',
  'text/csv': 'csv',
  'text/html': 'html',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
};
const NAME_CHARACTERS_MAX = 180;

/** Letters, digits, single spaces, hyphens and brackets are all that a document's name may hold. */
function encodeName(encoding: Encoding, title: string | null | undefined, path: RequestPath): string {
  const plain = (title ?? '')
    .replace(/[^A-Za-z0-9\s()[\]-]/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, NAME_CHARACTERS_MAX);
  const start = plain === '' ? 'document' : plain;
  let name = start;
  for (let copy = 2; encoding.documentNames.has(name); copy += 1) name = `${start} (${copy})`;
  encoding.documentNames.add(name);
  if (title && name !== title) lose(encoding, 'renamed', [...path, 'title'], 'document title does not fit');
  return name;
}

interface DocumentData {
  readonly format: string;
  readonly source: ConverseSource;
}

function documentData(source: Anthropic.DocumentBlockParam['source']): DocumentData | null {
  if (source.type === 'text') {
    const isBlank = source.data.trim() === '';
    return isBlank ? null : { format: 'txt', source: { bytes: Buffer.from(source.data, 'utf8').toString('base64') } };
  }
  if (source.type === 'base64') {
    const format = DOCUMENT_FORMATS[source.media_type];
    return format === undefined ? null : { format, source: { bytes: source.data } };
  }
  if (source.type === 'url' && source.url.startsWith('s3://')) {
    return { format: 'pdf', source: { s3Location: { uri: source.url } } };
  }
  return null;
}

/** A document as Converse takes it, or null when its kind or place of storage cannot be sent. */
export function encodeDocument(
  encoding: Encoding,
  block: Anthropic.DocumentBlockParam,
  path: RequestPath,
): ConverseDocument | null {
  const data = documentData(block.source);
  if (data === null) return null;
  if (block.citations?.enabled === true) lose(encoding, 'dropped', [...path, 'citations'], 'citations of a document');
  return { document: { ...data, name: encodeName(encoding, block.title, path) } };
}
