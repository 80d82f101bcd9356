import type { ProviderConfig, TrimtabConfig } from '../config/config-schema.ts';
import { TrimtabError } from '../errors.ts';
import type { FormatName } from '../formats/format.ts';
import { fillBaseUrl } from './fill-base-url.ts';
import { KNOWN_PROVIDERS } from './known-provider.ts';
import type { AuthScheme, Hosting, ModelFacts, ProviderData } from './provider-data.ts';

/** An upstream as the configuration and the known facts make it: a format at an address. */
export interface ResolvedProvider {
  readonly name: string;
  readonly format: FormatName;
  /** Without a trailing slash, in the form that the vendor's SDK takes (`…/v1` for OpenAI, without it for Anthropic). */
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly network: 'public' | 'private';
  readonly region: string | undefined;
  readonly auth: AuthScheme;
  /** Cloud whose paths and bodies the format takes. */
  readonly hosting: Hosting | undefined;
  /** What clouds sign with; what is absent comes from the cloud's own default chain. */
  readonly credentials: Pick<ProviderConfig, 'aws' | 'google'>;
  /** Of Azure. */
  readonly apiVersion: string | undefined;
  /** Names that the provider has for models, by model id, where they differ. */
  readonly deployments: Readonly<Record<string, string>>;
  /** Deviations of the provider, by name. */
  readonly quirks: readonly string[];
  /** Further deviations of its reasoning models. */
  readonly reasoningModelQuirks: readonly string[];
  /** What is known of single models. */
  readonly models: readonly ModelFacts[];
  /**
   * Keys and configured headers, with lower-case names. The client's own are never among them. What a cloud signs is
   * not here: that takes a request, and time.
   */
  authHeaders(): Readonly<Record<string, string>>;
}

/**
 * Resolves a provider by the name it has under `providers:`.
 *
 * @throws TrimtabError `not_configured` for a name that the configuration has not, or that lacks an address or format
 */
export function resolveProvider(name: string, config: Pick<TrimtabConfig, 'providers'>): ResolvedProvider {
  const settings = config.providers[name];
  const known = KNOWN_PROVIDERS.get(settings?.like ?? name);
  const format = settings?.format ?? known?.format;
  const baseUrl = settings?.baseUrl ?? fillBaseUrl(known?.baseUrl ?? '', settings ?? {});
  if (settings === undefined || format === undefined || baseUrl === undefined || baseUrl === '') {
    throw new TrimtabError(
      'not_configured',
      `provider "${name}" needs a format and a baseUrl under providers: in trimtab.yaml`,
      { details: { provider: name } },
    );
  }
  const { apiKey, region, headers, apiVersion, aws, google } = settings;
  const auth = settings.auth ?? authScheme(settings, known, format);
  const hosting = settings.hosting ?? known?.hosting;
  return {
    name,
    format,
    baseUrl: normaliseBaseUrl(baseUrl, format),
    apiKey,
    network: settings.network ?? known?.network ?? 'public',
    region,
    auth,
    hosting,
    credentials: { ...(aws === undefined ? {} : { aws }), ...(google === undefined ? {} : { google }) },
    apiVersion,
    deployments: settings.deployments ?? {},
    quirks: [...(known?.quirks ?? []), ...settings.quirks],
    reasoningModelQuirks: known?.reasoningModelQuirks ?? [],
    models: known?.models ?? [],
    authHeaders: () => ({ ...credentialHeaders(auth, apiKey), ...lowerCaseNames(headers ?? {}) }),
  };
}

function authScheme(settings: ProviderConfig, known: ProviderData | undefined, format: FormatName): AuthScheme {
  if (known !== undefined && (vendorOf(known.format) === vendorOf(format) || known.hosting !== undefined)) {
    return known.auth;
  }
  if (settings.hosting !== undefined) return settings.hosting === 'bedrock' ? 'aws-sigv4' : 'google-oauth';
  if (format === 'bedrock-converse') return 'aws-sigv4';
  if (format === 'gemini') return 'x-goog-api-key';
  return format === 'anthropic-messages' ? 'x-api-key' : 'bearer';
}

/** OpenAI has two formats, and whoever serves both authenticates them alike. */
function vendorOf(format: FormatName): string {
  return format.split('-')[0] ?? format;
}

function credentialHeaders(auth: AuthScheme, apiKey: string | undefined): Readonly<Record<string, string>> {
  // Servers of one's own (vLLM, Ollama) often take no key at all; an empty credential would be refused.
  if (apiKey === undefined) return {};
  switch (auth) {
    case 'none':
      return {};
    case 'bearer':
    // Bedrock has keys, too, and Vertex; neither signs anything then.
    case 'aws-sigv4':
      return { authorization: `Bearer ${apiKey}` };
    case 'google-oauth':
      return { 'x-goog-api-key': apiKey };
    case 'x-api-key':
    case 'api-key':
    case 'x-goog-api-key':
      return { [auth]: apiKey };
    default:
      return auth satisfies never;
  }
}

/** People write Anthropic addresses with and without `/v1`; the path of every call begins with it. */
function normaliseBaseUrl(baseUrl: string, format: FormatName): string {
  const trimmed = baseUrl.replace(/\/+$/, '');
  return format === 'anthropic-messages' ? trimmed.replace(/\/v1$/, '') : trimmed;
}

function lowerCaseNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
