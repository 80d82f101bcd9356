import type { WebSearchConfig } from '#shared/config/server-tools-schema.ts';
import { TrimtabError } from '#shared/errors.ts';
import { openAnswer } from '#shared/upstream/open-answer.ts';
import { readBody } from '#shared/upstream/read-body.ts';
import type { UpstreamPools } from '#shared/upstream/upstream-pools.ts';
import { isDomainAllowed } from './domain-filter.ts';
import type { OfferedTool } from './offered-tool.ts';
import type { SearchErrorCode } from './result-blocks.ts';
import { decodeSearch, encodeSearch, type SearchResult } from './search-request.ts';

export type SearchOutcome =
  | { readonly type: 'found'; readonly results: readonly SearchResult[] }
  | { readonly type: 'failed'; readonly errorCode: SearchErrorCode; readonly reason: string };

/** The shortest limit among the endpoints. */
const QUERY_CHARACTERS_MAX = 400;
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
const TOO_MANY_REQUESTS = 429;

function failed(errorCode: SearchErrorCode, reason: string): SearchOutcome {
  return { type: 'failed', errorCode, reason };
}

/** Asks the configured endpoint. Failures are values; `reason` is for the log, and holds neither query nor key. */
export async function runSearch(
  deps: { readonly pools: UpstreamPools },
  search: { readonly query: unknown; readonly tool: OfferedTool; readonly config: WebSearchConfig },
  signal: AbortSignal,
): Promise<SearchOutcome> {
  const { query, tool, config } = search;
  if (typeof query !== 'string' || query.trim() === '') return failed('invalid_tool_input', 'no query');
  if (query.length > QUERY_CHARACTERS_MAX) return failed('query_too_long', 'query too long');
  const { method, url, headers, body } = encodeSearch({ query: query.trim(), tool, config });
  try {
    const request = {
      method,
      path: `${url.pathname}${url.search}`,
      headers: { 'user-agent': 'trimtab', ...headers },
      ...(body === undefined ? {} : { body }),
    };
    const limits = { signal: AbortSignal.any([signal, AbortSignal.timeout(config.timeout)]) };
    const answer = await openAnswer(deps.pools.poolFor(url, config.network), request, limits);
    const read = await readBody(answer.body, ANSWER_BYTES_MAX);
    const { status: statusCode } = answer;
    if (statusCode === TOO_MANY_REQUESTS) return failed('too_many_requests', 'status 429');
    if (statusCode !== 200) return failed('unavailable', `status ${statusCode}`);
    if (read.type === 'failed') return failed('unavailable', `answer ${read.reason}`);
    const results = decodeSearch(config.format, JSON.parse(read.bytes.toString('utf8')));
    const allowed = results.filter(({ url: found }) => isDomainAllowed(new URL(found), [tool.domains]));
    return { type: 'found', results: allowed.slice(0, config.maxResults) };
  } catch (error) {
    if (error instanceof SyntaxError) return failed('unavailable', 'the answer is not JSON');
    const code = error instanceof TrimtabError ? error.message : error instanceof Error ? error.name : 'unknown';
    return failed('unavailable', code);
  }
}
