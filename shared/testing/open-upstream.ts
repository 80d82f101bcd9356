import { configSchema, type ModelConfig } from '../config/config-schema.ts';
import { type ResolvedProvider, resolveProvider } from '../providers/registry.ts';
import { createUpstreamPools, type UpstreamPools } from '../upstream/upstream-pools.ts';
import { createFakeGoogleTokens } from './fake-google-tokens.ts';
import { createFakeProvider, type FakeProvider } from './fake-provider.ts';
import type { FakeScript } from './fake-reply.ts';
import type { UpstreamCase } from './upstream-cases.ts';

/** One upstream that answers by a script, and all that sending to it takes. */
export interface OpenUpstream {
  readonly fake: FakeProvider;
  readonly provider: ResolvedProvider;
  readonly model: ModelConfig;
  readonly pools: UpstreamPools;
  close(): Promise<void>;
}

const TIMEOUT_MS = 5_000;

export async function openUpstream(upstream: UpstreamCase, script: FakeScript): Promise<OpenUpstream> {
  const tokens = await createFakeGoogleTokens();
  const secrets = { serviceAccount: tokens.serviceAccount, isToken: (token: string) => tokens.tokens.includes(token) };
  const fake = await createFakeProvider({
    format: upstream.fake,
    script,
    strict: true,
    refuseCredentials: (request) => upstream.refuse(request, secrets),
  });
  const config = configSchema.parse({
    providers: { [upstream.name]: { ...upstream.provider(fake.origin, secrets), network: 'private' } },
    models: [{ id: upstream.modelId, provider: upstream.name, price: { input: 1, output: 2 }, ...upstream.model }],
  });
  const [model] = config.models;
  if (model === undefined) throw new Error('the configuration has a model');
  const timeouts = { connectTimeoutMs: TIMEOUT_MS, firstByteTimeoutMs: TIMEOUT_MS, idleTimeoutMs: TIMEOUT_MS };
  const pools = createUpstreamPools(timeouts, { fetch: tokens.fetch });
  return {
    fake,
    provider: resolveProvider(upstream.name, config),
    model,
    pools,
    async close() {
      await pools.close();
      await fake.close();
      await tokens.close();
    },
  };
}
