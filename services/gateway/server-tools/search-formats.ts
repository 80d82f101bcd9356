import type { WebSearchConfig } from '#shared/config/server-tools-schema.ts';
import { isJsonObject } from '#shared/formats/json-object.ts';
import type { OfferedTool, UserLocation } from './offered-tool.ts';

/** A request to a search endpoint, ready to be sent. */
export interface SearchRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface Search {
  readonly query: string;
  readonly tool: OfferedTool;
  readonly config: WebSearchConfig;
}

interface SearchFormat {
  readonly url: string | null;
  request(search: Search, url: URL): Omit<SearchRequest, 'url'> & { readonly url?: URL };
  /** The list of results in an answer. */
  results(body: unknown): readonly unknown[];
  readonly fields: { readonly content: string; readonly age: readonly string[] };
}

/** A query with more than a few operators finds nothing any more; the results are filtered in any case. */
const SITES_MAX = 6;

function listAt(body: unknown, ...path: readonly string[]): readonly unknown[] {
  let value = body;
  for (const key of path) value = isJsonObject(value) ? value[key] : undefined;
  return Array.isArray(value) ? value : [];
}

/** The query with operators for the domains, which metasearch and Brave have no parameter for. */
function withSites({ query, tool }: Search): string {
  const { allowed, blocked } = tool.domains;
  const hosts = (entries: readonly string[]) => entries.map((entry) => entry.split('/')[0] ?? entry);
  if (allowed.length > 0 && allowed.length <= SITES_MAX) {
    return `${query} ${hosts(allowed)
      .map((host) => `site:${host}`)
      .join(' OR ')}`;
  }
  if (blocked.length === 0 || blocked.length > SITES_MAX) return query;
  return [query, ...hosts(blocked).map((host) => `-site:${host}`)].join(' ');
}

function withQuery(url: URL, parameters: Readonly<Record<string, string>>): URL {
  const whole = new URL(url);
  for (const [name, value] of Object.entries(parameters)) whole.searchParams.set(name, value);
  return whole;
}

const LOCATION_HEADERS: Readonly<Record<keyof UserLocation, string>> = {
  city: 'x-loc-city',
  region: 'x-loc-state-name',
  country: 'x-loc-country',
  timezone: 'x-loc-timezone',
};

/** Brave takes the place in headers, which are Latin-1. */
function locationHeaders(location: UserLocation | null): Record<string, string> {
  const entries = Object.entries(location ?? {}) as [keyof UserLocation, string][];
  return Object.fromEntries(
    entries.filter(([, value]) => /^[\x20-\x7e]*$/.test(value)).map(([key, value]) => [LOCATION_HEADERS[key], value]),
  );
}

/** Tavily knows countries by their English names. */
function countryName(country: string | undefined): string | null {
  if (country === undefined || !/^[A-Za-z]{2}$/.test(country)) return null;
  const name = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' }).of(country.toUpperCase());
  return name === undefined ? null : name.toLowerCase();
}

const JSON_HEADERS = { accept: 'application/json', 'content-type': 'application/json' };

function bearer({ apiKey }: WebSearchConfig): Record<string, string> {
  return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
}

/**
 * The wire shapes. SearXNG: `GET /search?format=json`, which the instance must have enabled. Brave:
 * `GET /res/v1/web/search`. Tavily: `POST /search`. Generic: a POST of the query with the client's limits, for an
 * adapter of one's own.
 */
export const SEARCH_FORMATS: Readonly<Record<WebSearchConfig['format'], SearchFormat>> = {
  searxng: {
    url: null,
    request: (search, url) => {
      const path = url.pathname.endsWith('/search') ? url : new URL(`${url.href.replace(/\/+$/, '')}/search`);
      const headers = { accept: 'application/json', ...bearer(search.config) };
      const query = { q: withSites(search), format: 'json' };
      return { method: 'GET', url: withQuery(path, query), headers, body: null };
    },
    results: (body) => listAt(body, 'results'),
    fields: { content: 'content', age: ['publishedDate'] },
  },
  brave: {
    url: 'https://api.search.brave.com/res/v1/web/search',
    request: (search, url) => {
      const { tool, config } = search;
      const country = tool.location?.country;
      const parameters = {
        q: withSites(search),
        count: String(config.maxResults),
        ...(country === undefined || !/^[A-Za-z]{2}$/.test(country) ? {} : { country: country.toUpperCase() }),
      };
      const headers = {
        accept: 'application/json',
        ...(config.apiKey === undefined ? {} : { 'x-subscription-token': config.apiKey }),
        ...locationHeaders(tool.location),
      };
      return { method: 'GET', url: withQuery(url, parameters), headers, body: null };
    },
    results: (body) => listAt(body, 'web', 'results'),
    fields: { content: 'description', age: ['page_age', 'age'] },
  },
  tavily: {
    url: 'https://api.tavily.com/search',
    request: ({ query, tool, config }) => {
      const country = countryName(tool.location?.country);
      const body = {
        query,
        max_results: config.maxResults,
        ...(tool.domains.allowed.length === 0 ? {} : { include_domains: tool.domains.allowed }),
        ...(tool.domains.blocked.length === 0 ? {} : { exclude_domains: tool.domains.blocked }),
        ...(country === null ? {} : { country }),
      };
      return { method: 'POST', headers: { ...JSON_HEADERS, ...bearer(config) }, body: JSON.stringify(body) };
    },
    results: (body) => listAt(body, 'results'),
    fields: { content: 'content', age: ['published_date'] },
  },
  generic: {
    url: null,
    request: ({ query, tool, config }) => {
      const body = {
        query,
        max_results: config.maxResults,
        allowed_domains: tool.domains.allowed,
        blocked_domains: tool.domains.blocked,
        user_location: tool.location,
      };
      return { method: 'POST', headers: { ...JSON_HEADERS, ...bearer(config) }, body: JSON.stringify(body) };
    },
    results: (body) => listAt(body, 'results'),
    fields: { content: 'content', age: ['page_age'] },
  },
};
