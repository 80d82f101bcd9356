import type { ResolvedProvider } from './registry.ts';

/** Azure's classic addresses are told by a date in their version; the v1 addresses take none, or `preview`. */
const CLASSIC_VERSION = /^\d{4}-\d{2}-\d{2}/;

export function isClassicAzure(apiVersion: string | undefined): boolean {
  return apiVersion !== undefined && CLASSIC_VERSION.test(apiVersion);
}

/**
 * Where a request goes below a provider's address. Azure wants its version in the query, and in its classic addresses
 * the deployment before Chat Completions; its Responses API takes that in the body alone. Vertex has the models of each
 * publisher in a place of their own.
 */
export function providerPath(
  provider: Pick<ResolvedProvider, 'apiVersion' | 'baseUrl' | 'format' | 'hosting'>,
  model: string,
  path: string,
): string {
  const { apiVersion } = provider;
  if (provider.hosting === 'vertex' && provider.format === 'anthropic-messages') {
    return provider.baseUrl.includes('/publishers/') ? path : `/publishers/anthropic${path}`;
  }
  if (apiVersion === undefined) return path;
  const needsDeployment = isClassicAzure(apiVersion) && path.startsWith('/chat/completions');
  const place = needsDeployment ? `/deployments/${encodeURIComponent(model)}${path}` : path;
  return `${place}${place.includes('?') ? '&' : '?'}api-version=${encodeURIComponent(apiVersion)}`;
}
