import { createEncodeTarget } from '../formats/encode-target.ts';
import type { UpstreamFormat } from '../formats/format.ts';
import { HOSTED_ANTHROPIC_FORMATS } from '../formats/hosted-anthropic/format.ts';
import { UPSTREAM_FORMATS } from '../formats/registry.ts';
import type { ResolvedProvider } from './registry.ts';

/**
 * The codec of a provider: that of its format, in the form that the cloud wants which hosts it, and with an eye for
 * tags of reasoning where the provider leaves them in the text.
 */
export function providerFormat(provider: Pick<ResolvedProvider, 'format' | 'hosting' | 'quirks'>): UpstreamFormat {
  const { format, hosting, quirks } = provider;
  if (format === 'anthropic-messages' && hosting !== undefined) return HOSTED_ANTHROPIC_FORMATS[hosting];
  const { thinkTags } = createEncodeTarget({ model: '', quirks });
  return thinkTags === undefined ? UPSTREAM_FORMATS[format] : readingThinkTags(UPSTREAM_FORMATS[format], thinkTags);
}

function readingThinkTags(format: UpstreamFormat, thinkTags: 'explicit' | 'implied'): UpstreamFormat {
  return {
    ...format,
    decodeResponse: (body, context) => format.decodeResponse(body, { ...context, thinkTags }),
    createStreamDecoder: (context) => format.createStreamDecoder({ ...context, thinkTags }),
  };
}
