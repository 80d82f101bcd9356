import { describe, expect, it } from 'vitest';
import { serverToolsSchema, type WebSearchConfig } from '#shared/config/server-tools-schema.ts';
import { readOfferedTool } from './offered-tool.ts';
import { decodeSearch, encodeSearch } from './search-request.ts';

function configOf(fields: Record<string, unknown>): WebSearchConfig {
  const parsed = serverToolsSchema.parse({ webSearch: fields }).webSearch;
  if (parsed === undefined) throw new Error('no search was configured');
  return parsed;
}

function toolOf(fields: Record<string, unknown> = {}) {
  return readOfferedTool('web_search', { type: 'web_search_20250305', name: 'web_search', ...fields });
}

const LOCATION = { type: 'approximate', city: 'Bern', region: 'Bern', country: 'CH', timezone: 'Europe/Zurich' };

describe('encodeSearch', () => {
  it('asks SearXNG for JSON, below the address of the instance', () => {
    const config = configOf({ format: 'searxng', url: 'http://searx:8080/x/' });
    const { method, url, body } = encodeSearch({ query: 'a b', tool: toolOf(), config });
    expect([method, url.href, body]).toEqual(['GET', 'http://searx:8080/x/search?q=a+b&format=json', null]);
  });

  it('gives Brave its key, its count, and the place in headers', () => {
    const config = configOf({ format: 'brave', apiKey: 'k', maxResults: 5 });
    const { url, headers } = encodeSearch({ query: 'q', tool: toolOf({ user_location: LOCATION }), config });
    expect(url.href).toBe('https://api.search.brave.com/res/v1/web/search?q=q&count=5&country=CH');
    expect(headers).toMatchObject({
      'x-subscription-token': 'k',
      'x-loc-city': 'Bern',
      'x-loc-state-name': 'Bern',
      'x-loc-country': 'CH',
      'x-loc-timezone': 'Europe/Zurich',
    });
  });

  it('leaves out of headers what headers cannot hold', () => {
    const config = configOf({ format: 'brave', apiKey: 'k' });
    const tool = toolOf({ user_location: { type: 'approximate', city: 'Zürich', country: 'C\r\nx: y' } });
    const { url, headers } = encodeSearch({ query: 'q', tool, config });
    expect(headers).not.toHaveProperty('x-loc-city');
    expect(headers).not.toHaveProperty('x-loc-country');
    expect(url.searchParams.get('country')).toBeNull();
  });

  it('gives Tavily the domains, and the country by its name', () => {
    const config = configOf({ format: 'tavily', apiKey: 'k', maxResults: 3 });
    const tool = toolOf({ allowed_domains: ['a.example'], user_location: LOCATION });
    const { method, url, headers, body } = encodeSearch({ query: 'q', tool, config });
    expect([method, url.href, headers['authorization']]).toEqual(['POST', 'https://api.tavily.com/search', 'Bearer k']);
    expect(JSON.parse(body ?? '')).toEqual({
      query: 'q',
      max_results: 3,
      include_domains: ['a.example'],
      country: 'switzerland',
    });
  });

  it("gives an endpoint of one's own everything that the client set", () => {
    const config = configOf({ format: 'generic', url: 'https://search.example/q' });
    const tool = toolOf({ blocked_domains: ['b.example'], user_location: LOCATION });
    const { body } = encodeSearch({ query: 'q', tool, config });
    const { type: _type, ...place } = LOCATION;
    expect(JSON.parse(body ?? '')).toEqual({
      query: 'q',
      max_results: 8,
      allowed_domains: [],
      blocked_domains: ['b.example'],
      user_location: place,
    });
  });

  it('says domains in the query where there is no parameter for them', () => {
    const config = configOf({ format: 'searxng', url: 'http://searx' });
    const q = (fields: Record<string, unknown>) =>
      encodeSearch({ query: 'q', tool: toolOf(fields), config }).url.searchParams.get('q');
    expect(q({ allowed_domains: ['a.example/docs', 'b.example'] })).toBe('q site:a.example OR site:b.example');
    expect(q({ blocked_domains: ['c.example'] })).toBe('q -site:c.example');
  });
});

describe('decodeSearch', () => {
  const result = { url: 'https://a.example', title: 'A', content: 'text', pageAge: null };

  it.each<[WebSearchConfig['format'], unknown, string | null]>([
    [
      'searxng',
      { results: [{ url: result.url, title: 'A', content: 'text', publishedDate: '2026-01-02' }] },
      '2026-01-02',
    ],
    [
      'brave',
      { web: { results: [{ url: result.url, title: 'A', description: '<strong>te</strong>xt', age: '3 days ago' }] } },
      '3 days ago',
    ],
    ['tavily', { results: [{ url: result.url, title: 'A', content: 'text', score: 0.5 }] }, null],
    ['generic', { results: [{ url: result.url, title: 'A', content: 'text', page_age: 'May 2026' }] }, 'May 2026'],
  ])('reads what %s found', (format, body, pageAge) => {
    expect(decodeSearch(format, body)).toEqual([{ ...result, pageAge }]);
  });

  it.each([null, 'x', {}, { results: 7 }, { results: [null, 7, { title: 'no address' }, { url: 'not one' }] }])(
    'finds nothing in %j',
    (body) => expect(decodeSearch('searxng', body)).toEqual([]),
  );
});
