import type { EventStreamMessage } from '../../upstream/event-stream.ts';
import type { SseEvent } from '../../upstream/sse.ts';
import { type ApiError, brokenUpstream } from '../api-error.ts';
import { apiErrorFromException, parseErrorBody } from '../bedrock-converse/decode-error.ts';
import { exceptionName, readConverseMessage } from '../bedrock-converse/read-message.ts';
import type { EncodedRequest, ErrorContext } from '../format.ts';
import { isJsonObject } from '../json-object.ts';
import { type AnthropicHost, hostRequest } from './host-request.ts';

/** Flags and fields by Bedrock's guide, "Anthropic Claude Messages API: request and response". */
const BEDROCK: AnthropicHost = {
  name: 'Bedrock',
  anthropicVersion: 'bedrock-2023-05-31',
  refusedFields: ['service_tier', 'container', 'mcp_servers', 'inference_geo'],
  betas: [
    'computer-use-2024-10-22',
    'computer-use-2025-01-24',
    'computer-use-2025-11-24',
    'token-efficient-tools-2025-02-19',
    'output-128k-2025-02-19',
    'interleaved-thinking-2025-05-14',
    'dev-full-thinking-2025-05-14',
    'context-1m-2025-08-07',
    'context-management-2025-06-27',
    'effort-2025-11-24',
    'tool-search-tool-2025-10-19',
    'tool-examples-2025-10-29',
  ],
  fieldBetas: { context_management: 'context-management-2025-06-27' },
};

/**
 * An encoded Anthropic request for Bedrock's InvokeModel, or its streaming form when the body asks for a stream. `betas`
 * are the flags that the client sent; Bedrock wants those in the body.
 */
export function toInvokeModel(encoded: EncodedRequest, betas: readonly string[] = []): EncodedRequest {
  const hosted = hostRequest(encoded, BEDROCK, betas);
  const { stream: _stream, ...body } = hosted.body;
  const action = hosted.isStream ? 'invoke-with-response-stream' : 'invoke';
  return {
    body: hosted.betas.length === 0 ? body : { ...body, anthropic_beta: hosted.betas },
    headers: {
      'content-type': 'application/json',
      ...(hosted.isStream
        ? { accept: 'application/vnd.amazon.eventstream', 'x-amzn-bedrock-accept': 'application/json' }
        : { accept: 'application/json' }),
    },
    path: `/model/${encodeURIComponent(hosted.model)}/${action}`,
    losses: hosted.losses,
  };
}

function errorEvent(error: ApiError): SseEvent {
  const data = JSON.stringify({ type: 'error', error: { type: error.type, message: error.message } });
  return { event: 'error', data };
}

/** The original event inside a `chunk`, its text untouched; null when there is none. */
function unwrapChunk(data: string): SseEvent | null {
  try {
    const { bytes } = parseErrorBody(data);
    if (typeof bytes !== 'string') return null;
    const text = Buffer.from(bytes, 'base64').toString('utf8');
    const event: unknown = JSON.parse(text);
    return isJsonObject(event) && typeof event['type'] === 'string' ? { event: event['type'], data: text } : null;
  } catch {
    return null;
  }
}

/**
 * What a message of InvokeModelWithResponseStream says, as the event that Anthropic's own stream would have carried; for
 * `createEventStreamParser`.
 */
export function createInvokeModelReader(context: ErrorContext): (message: EventStreamMessage) => SseEvent | null {
  return (message) => {
    const { event = '', data } = readConverseMessage(message);
    const exception = exceptionName(event);
    if (exception !== null) return errorEvent(apiErrorFromException(exception, parseErrorBody(data), null, context));
    if (event !== 'chunk') return null;
    return unwrapChunk(data) ?? errorEvent(brokenUpstream('The upstream sent a chunk that holds no event.'));
  };
}
