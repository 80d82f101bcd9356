import type { Canonical } from '../formats/canonical.ts';
import type { EncodeTarget } from '../formats/encode-target.ts';
import type { EncodedRequest } from '../formats/format.ts';
import { providerFormat } from './provider-format.ts';
import { providerPath } from './provider-path.ts';
import type { ResolvedProvider } from './registry.ts';

/** A canonical request as one provider takes it: its format's body at the place where the provider has the model. */
export function encodeForProvider(
  provider: ResolvedProvider,
  target: EncodeTarget,
  canonical: Canonical,
  betas: readonly string[] = [],
): EncodedRequest {
  const encoded = providerFormat(provider).encodeRequest(canonical, target, betas);
  const path = providerPath(provider, target.model, encoded.path);
  return path === encoded.path ? encoded : { ...encoded, path };
}
