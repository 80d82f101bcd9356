import type { TrimtabConfig } from '../config/config-schema.ts';
import { TrimtabError } from '../errors.ts';
import type { FormatName } from '../formats/format.ts';
import { KNOWN_PROVIDER_DATA } from './known-provider-data.ts';

/** An upstream as the configuration and the known facts make it: a format at an address. */
export interface ResolvedProvider {
  readonly name: string;
  readonly format: FormatName;
  /** Without a trailing slash, in the form that the vendor's SDK takes (`…/v1` for OpenAI, without it for Anthropic). */
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly network: 'public' | 'private';
  readonly region: string | undefined;
  /** Deviations of the provider, by name. */
  readonly quirks: readonly string[];
  /** Further deviations of its reasoning models. */
  readonly reasoningModelQuirks: readonly string[];
  /** Credentials and configured headers, with lower-case names. The client's own are never among them. */
  authHeaders(): Readonly<Record<string, string>>;
}

/**
 * Resolves a provider by the name it has under `providers:`.
 *
 * @throws TrimtabError `not_configured` for a name that the configuration has not, or that lacks an address or format
 */
export function resolveProvider(name: string, config: Pick<TrimtabConfig, 'providers'>): ResolvedProvider {
  const settings = config.providers[name];
  const known = KNOWN_PROVIDER_DATA[name];
  const format = settings?.format ?? known?.format;
  const baseUrl = settings?.baseUrl ?? known?.baseUrl;
  if (settings === undefined || format === undefined || baseUrl === undefined) {
    throw new TrimtabError(
      'not_configured',
      `provider "${name}" needs a format and a baseUrl under providers: in trimtab.yaml`,
      { details: { provider: name } },
    );
  }
  const { apiKey, network, region, headers } = settings;
  return {
    name,
    format,
    baseUrl: normaliseBaseUrl(baseUrl, format),
    apiKey,
    network,
    region,
    quirks: [...(known?.quirks ?? []), ...settings.quirks],
    reasoningModelQuirks: known?.reasoningModelQuirks ?? [],
    authHeaders: () => ({ ...credentialHeaders(format, apiKey), ...lowerCaseNames(headers ?? {}) }),
  };
}

function credentialHeaders(format: FormatName, apiKey: string | undefined): Readonly<Record<string, string>> {
  // Servers of one's own (vLLM, Ollama) often take no key at all; an empty credential would be refused.
  if (apiKey === undefined) return {};
  if (format === 'gemini') return { 'x-goog-api-key': apiKey };
  return format === 'anthropic-messages' ? { 'x-api-key': apiKey } : { authorization: `Bearer ${apiKey}` };
}

/** People write Anthropic addresses with and without `/v1`; the path of every call begins with it. */
function normaliseBaseUrl(baseUrl: string, format: FormatName): string {
  const trimmed = baseUrl.replace(/\/+$/, '');
  return format === 'anthropic-messages' ? trimmed.replace(/\/v1$/, '') : trimmed;
}

function lowerCaseNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
