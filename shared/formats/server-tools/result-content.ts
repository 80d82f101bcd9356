import type { CanonicalToolResult } from '../canonical.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { decodeSearchContent } from './search-content.ts';

type ResultContent = NonNullable<Exclude<CanonicalToolResult['content'], string>>;

/** What a model is told of a server tool's result. */
export interface ReadResult {
  readonly content: ResultContent;
  readonly isError: boolean;
  /** True when a part of it was meant for the provider that wrote it, and for nobody else. */
  readonly isPartlyUnreadable: boolean;
}

/** Results of tools that we do not know are shown as they are, up to here. */
const UNKNOWN_RESULT_CHARACTERS_MAX = 16_000;
const UNREADABLE = '(the text of this result can be read by the provider that found it only)';

function text(value: string): ResultContent {
  return [{ type: 'text', text: value }];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function readSearchResults(results: readonly unknown[]): ReadResult {
  let isPartlyUnreadable = false;
  const entries = results.filter(isJsonObject).map((result, index) => {
    const found = decodeSearchContent(result['encrypted_content']);
    isPartlyUnreadable ||= found === null;
    const age = textOf(result['page_age']);
    const lines = [
      `${index + 1}. ${textOf(result['title'])}`,
      `${textOf(result['url'])}${age === '' ? '' : ` (${age})`}`,
      found ?? UNREADABLE,
    ];
    return lines.filter((line) => line !== '').join('\n');
  });
  const shown = entries.length === 0 ? 'No results.' : entries.join('\n\n');
  return { content: text(shown), isError: false, isPartlyUnreadable };
}

function readFetched(content: JsonObject): ReadResult {
  const document = content['content'];
  const head = text(`Fetched ${textOf(content['url'])}`);
  // The document is the block that a tool result may hold, too.
  const shown = isJsonObject(document) ? ([document] as unknown as ResultContent) : [];
  return { content: [...head, ...shown], isError: false, isPartlyUnreadable: false };
}

/** Reads the content of a result block, whichever tool it is of and whoever ran it. */
export function readServerToolResult(content: unknown): ReadResult {
  if (isJsonObject(content) && typeof content['error_code'] === 'string') {
    const code = content['error_code'].replace(/[^a-z_]/g, '');
    return { content: text(`The tool failed: ${code}`), isError: true, isPartlyUnreadable: false };
  }
  if (
    Array.isArray(content) &&
    content.every((entry) => isJsonObject(entry) && entry['type'] === 'web_search_result')
  ) {
    return readSearchResults(content);
  }
  if (isJsonObject(content) && content['type'] === 'web_fetch_result') return readFetched(content);
  const shown = typeof content === 'string' ? content : (JSON.stringify(content) ?? '');
  const isPartlyUnreadable = shown.length > UNKNOWN_RESULT_CHARACTERS_MAX || shown.includes('"encrypted_');
  return { content: text(shown.slice(0, UNKNOWN_RESULT_CHARACTERS_MAX)), isError: false, isPartlyUnreadable };
}
