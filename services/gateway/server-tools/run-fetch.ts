import type { WebFetchConfig } from '#shared/config/server-tools-schema.ts';
import type { CanonicalBody } from '#shared/formats/canonical.ts';
import type { FetchedPage, PageFetcher } from '#shared/upstream/fetch-page.ts';
import { isDomainAllowed } from './domain-filter.ts';
import { htmlText } from './html-text.ts';
import type { OfferedTool } from './offered-tool.ts';
import { isPriorAddress } from './prior-addresses.ts';
import type { FetchErrorCode, FetchedDocument } from './result-blocks.ts';

export type FetchOutcome =
  | { readonly type: 'fetched'; readonly document: FetchedDocument }
  | { readonly type: 'failed'; readonly errorCode: FetchErrorCode };

/** Anthropic's own limit; longer addresses carry something out rather than name a page. */
const URL_CHARACTERS_MAX = 250;
const CHARACTERS_PER_TOKEN = 4;

const FAILURES: Readonly<Record<Extract<FetchedPage, { type: 'failed' }>['reason'], FetchErrorCode>> = {
  not_allowed: 'url_not_allowed',
  not_accessible: 'url_not_accessible',
  too_many_requests: 'too_many_requests',
};

function failed(errorCode: FetchErrorCode): FetchOutcome {
  return { type: 'failed', errorCode };
}

/** Fetches a page for the model, as far as operator, client and conversation allow it. */
export async function runFetch(
  deps: { readonly pages: PageFetcher; readonly now: () => number },
  fetch: {
    readonly url: unknown;
    readonly tool: OfferedTool;
    readonly config: WebFetchConfig;
    readonly messages: CanonicalBody['messages'];
  },
  signal: AbortSignal,
): Promise<FetchOutcome> {
  const { url, tool, config, messages } = fetch;
  if (typeof url !== 'string' || !URL.canParse(url)) return failed('invalid_tool_input');
  if (url.length > URL_CHARACTERS_MAX) return failed('url_too_long');
  if (!isPriorAddress(messages, url)) return failed('url_not_in_prior_context');
  const filters = [{ allowed: config.allowedDomains, blocked: config.blockedDomains }, tool.domains];
  const page = await deps.pages.fetch(new URL(url), {
    bytesMax: config.maxBytes,
    timeoutMs: config.timeout,
    signal,
    isAllowed: (address) => isDomainAllowed(address, filters),
  });
  if (page.type === 'failed') return failed(FAILURES[page.reason]);
  return readPage(page, tool.contentTokensMax * CHARACTERS_PER_TOKEN, new Date(deps.now()).toISOString());
}

/** A page as the document that a model reads: text, or a PDF as it is. */
function readPage(
  page: Extract<FetchedPage, { type: 'page' }>,
  charactersMax: number,
  retrievedAt: string,
): FetchOutcome {
  const url = page.url.href;
  if (page.contentType.startsWith('application/pdf')) {
    if (page.isTruncated) return failed('content_too_large');
    const data = page.bytes.toString('base64');
    const source = { type: 'base64', media_type: 'application/pdf', data } as const;
    return { type: 'fetched', document: { url, title: null, retrievedAt, source } };
  }
  const type = page.contentType.split(';')[0]?.trim() ?? '';
  const isHtml = type === 'text/html' || type === 'application/xhtml+xml';
  if (!isHtml && !/^(text\/|application\/(json|xml|[a-z.+-]+\+(json|xml))$)/.test(type)) {
    return failed('unsupported_content_type');
  }
  const text = decodeText(page.bytes, page.contentType);
  const read = isHtml ? htmlText(text) : { title: null, text };
  const source = { type: 'text', media_type: 'text/plain', data: read.text.slice(0, charactersMax) } as const;
  return { type: 'fetched', document: { url, title: read.title, retrievedAt, source } };
}

function decodeText(bytes: Buffer, contentType: string): string {
  const charset = /charset="?([\w-]+)/.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('utf8');
  }
}
