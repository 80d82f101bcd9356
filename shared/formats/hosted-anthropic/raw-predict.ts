import type { EncodedRequest } from '../format.ts';
import { type AnthropicHost, hostRequest } from './host-request.ts';

/** Flags by Vertex AI's pages on Claude; the body's version is what Anthropic's own Vertex client sends. */
const VERTEX: AnthropicHost = {
  name: 'Vertex AI',
  anthropicVersion: 'vertex-2023-10-16',
  refusedFields: ['service_tier', 'container', 'mcp_servers', 'inference_geo'],
  betas: [
    'computer-use-2024-10-22',
    'computer-use-2025-01-24',
    'computer-use-2025-11-24',
    'token-efficient-tools-2025-02-19',
    'output-128k-2025-02-19',
    'interleaved-thinking-2025-05-14',
    'context-1m-2025-08-07',
    'context-management-2025-06-27',
    'effort-2025-11-24',
    'tool-search-tool-2025-10-19',
    'web-search-2025-03-05',
  ],
  fieldBetas: { context_management: 'context-management-2025-06-27' },
};

/**
 * An encoded Anthropic request for rawPredict on Vertex AI, whose provider address ends in
 * `…/publishers/anthropic`. Its streams are Anthropic's own, and so `stream` stays in the body.
 */
export function toRawPredict(encoded: EncodedRequest, betas: readonly string[] = []): EncodedRequest {
  const hosted = hostRequest(encoded, VERTEX, betas);
  return {
    body: hosted.body,
    headers: {
      'content-type': 'application/json',
      accept: hosted.isStream ? 'text/event-stream' : 'application/json',
      ...(hosted.betas.length === 0 ? {} : { 'anthropic-beta': hosted.betas.join(',') }),
    },
    path: `/models/${encodeURIComponent(hosted.model).replaceAll('%40', '@')}:${hosted.isStream ? 'streamRawPredict' : 'rawPredict'}`,
    losses: hosted.losses,
  };
}
