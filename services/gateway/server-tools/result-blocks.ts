import type Anthropic from '@anthropic-ai/sdk';
import type { CanonicalContentBlock } from '#shared/formats/canonical.ts';
import { encodeSearchContent } from '#shared/formats/server-tools/search-content.ts';
import type { RunnableKind } from './offered-tool.ts';
import type { SearchResult } from './search-request.ts';

export type SearchErrorCode = Anthropic.WebSearchToolResultErrorCode;
export type FetchErrorCode = Anthropic.WebFetchToolResultErrorCode;

type ResultBlock = Anthropic.WebSearchToolResultBlock | Anthropic.WebFetchToolResultBlock;

const CALLER = { type: 'direct' } as const;

/** A call of a server tool, as the client is shown it. Streams give its input afterwards, so it may begin empty. */
export function callBlock(id: string, kind: RunnableKind, input: unknown): CanonicalContentBlock {
  return { type: 'server_tool_use', id, name: kind, input, caller: CALLER };
}

export function searchBlock(id: string, results: readonly SearchResult[]): ResultBlock {
  const content = results.map(
    ({ title, url, content: text, pageAge }): Anthropic.WebSearchResultBlock => ({
      type: 'web_search_result',
      title,
      url,
      encrypted_content: encodeSearchContent(text),
      page_age: pageAge,
    }),
  );
  return { type: 'web_search_tool_result', tool_use_id: id, caller: CALLER, content };
}

export interface FetchedDocument {
  readonly url: string;
  readonly title: string | null;
  readonly retrievedAt: string;
  readonly source: Anthropic.DocumentBlock['source'];
}

export function fetchBlock(id: string, document: FetchedDocument): ResultBlock {
  const { url, title, retrievedAt, source } = document;
  const content: Anthropic.WebFetchBlock = {
    type: 'web_fetch_result',
    url,
    retrieved_at: retrievedAt,
    content: { type: 'document', source, title, citations: null },
  };
  return { type: 'web_fetch_tool_result', tool_use_id: id, caller: CALLER, content };
}

export function searchErrorBlock(id: string, errorCode: SearchErrorCode): ResultBlock {
  const content = { type: 'web_search_tool_result_error', error_code: errorCode } as const;
  return { type: 'web_search_tool_result', tool_use_id: id, caller: CALLER, content };
}

export function fetchErrorBlock(id: string, errorCode: FetchErrorCode): ResultBlock {
  const content = { type: 'web_fetch_tool_result_error', error_code: errorCode } as const;
  return { type: 'web_fetch_tool_result', tool_use_id: id, caller: CALLER, content };
}

/** Whether a result block says that its tool failed. Failures are not counted as requests. */
export function isErrorBlock({ content }: ResultBlock): boolean {
  return !Array.isArray(content) && 'error_code' in content;
}

export type ServerResultBlock = ResultBlock;
