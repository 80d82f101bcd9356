import type { UpstreamFormat } from '../formats/format.ts';
import { HOSTED_ANTHROPIC_FORMATS } from '../formats/hosted-anthropic/format.ts';
import { UPSTREAM_FORMATS } from '../formats/registry.ts';
import type { ResolvedProvider } from './registry.ts';

/** The codec of a provider: that of its format, in the form that the cloud wants which hosts it. */
export function providerFormat(provider: Pick<ResolvedProvider, 'format' | 'hosting'>): UpstreamFormat {
  const { format, hosting } = provider;
  if (format === 'anthropic-messages' && hosting !== undefined) return HOSTED_ANTHROPIC_FORMATS[hosting];
  return UPSTREAM_FORMATS[format];
}
