import type { WebSearchConfig } from '#shared/config/server-tools-schema.ts';
import { isJsonObject } from '#shared/formats/json-object.ts';
import { SEARCH_FORMATS, type Search, type SearchRequest } from './search-formats.ts';

/** A page that a search found. */
export interface SearchResult {
  readonly title: string;
  readonly url: string;
  /** An excerpt. */
  readonly content: string;
  readonly pageAge: string | null;
}

const TEXT_CHARACTERS_MAX = 4_000;
const TITLE_CHARACTERS_MAX = 300;

/** Whether an endpoint is told where the user is. */
export function takesLocation(format: WebSearchConfig['format']): boolean {
  return format !== 'searxng';
}

/** Writes a search for the endpoint that is configured. */
export function encodeSearch(search: Search): SearchRequest {
  const format = SEARCH_FORMATS[search.config.format];
  const url = new URL(search.config.url ?? format.url ?? '');
  return { url, ...format.request(search, url) };
}

function plainText(value: unknown, charactersMax: number): string {
  if (typeof value !== 'string') return '';
  // Brave marks the words that matched.
  return value
    .replace(/<\/?(strong|b|em|mark)>/g, '')
    .trim()
    .slice(0, charactersMax);
}

/** Reads the answer of an endpoint; entries without an address are left out. */
export function decodeSearch(format: WebSearchConfig['format'], body: unknown): readonly SearchResult[] {
  const { results, fields } = SEARCH_FORMATS[format];
  return results(body).flatMap((entry): SearchResult[] => {
    if (!isJsonObject(entry) || typeof entry['url'] !== 'string' || !URL.canParse(entry['url'])) return [];
    const age = fields.age.map((field) => entry[field]).find((value) => typeof value === 'string' && value !== '');
    return [
      {
        title: plainText(entry['title'], TITLE_CHARACTERS_MAX),
        url: entry['url'],
        content: plainText(entry[fields.content], TEXT_CHARACTERS_MAX),
        pageAge: typeof age === 'string' ? age.slice(0, TITLE_CHARACTERS_MAX) : null,
      },
    ];
  });
}
