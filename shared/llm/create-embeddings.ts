import type { ResolvedProvider } from '#shared/providers/registry.ts';
import type { GuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import { createOpenAiClient } from './ask-openai.ts';

const TIMEOUT_MS = 60_000;
const RETRIES_MAX = 2;

/**
 * Asks any server that speaks OpenAI's `/embeddings` for the vectors of texts, one each in their order. Throws what the
 * vendor's client throws, after its retries.
 */
export function createEmbeddings(
  deps: { readonly fetch: GuardedFetch },
  options: { readonly provider: ResolvedProvider; readonly model: string },
): (texts: readonly string[]) => Promise<readonly (readonly number[])[]> {
  const { provider, model } = options;
  const client = createOpenAiClient(provider, { fetch: deps.fetch, timeoutMs: TIMEOUT_MS, maxRetries: RETRIES_MAX });
  return async (texts) => {
    // As floats: what the client asks for by default, base64, is not known to every server.
    const reply = await client.embeddings.create({ model, input: [...texts], encoding_format: 'float' });
    const vectors = reply.data.toSorted((left, right) => left.index - right.index).map(({ embedding }) => embedding);
    if (vectors.length !== texts.length) {
      throw new RangeError(`the server gave ${vectors.length} vectors for ${texts.length} texts`);
    }
    return vectors;
  };
}
