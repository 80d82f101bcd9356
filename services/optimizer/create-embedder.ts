import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import { createEmbeddings } from '#shared/llm/create-embeddings.ts';
import { resolveProvider } from '#shared/providers/registry.ts';
import { createGuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import type { Embedder } from './clustering/embedders/embedder.ts';
import { createEndpointEmbedder } from './clustering/embedders/endpoint-embedder.ts';
import { createHashedEmbedder } from './clustering/embedders/hashed-embedder.ts';
import { createLocalEmbedder } from './clustering/embedders/local-embedder.ts';

/** The embedder that the configuration names. A local one says what to install at its first text. */
export function createEmbedder(config: Pick<TrimtabConfig, 'clusters' | 'providers' | 'models'>): Embedder {
  const { embedder } = config.clusters;
  if (embedder === 'hashed') return createHashedEmbedder();
  if (embedder === 'local') return createLocalEmbedder();
  const { model, attach, tentative } = embedder;
  const provider = resolveProvider(embedder.provider, config);
  const request = createEmbeddings({ fetch: createGuardedFetch(provider.network) }, { provider, model });
  const thresholds = attach === undefined || tentative === undefined ? {} : { thresholds: { attach, tentative } };
  return createEndpointEmbedder(request, { model: `${embedder.provider}/${model}`, ...thresholds });
}
