import type { ClientFormat, UpstreamFormat } from '../format.ts';
import { decodeError } from './decode-error.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { encodeError } from './encode-error.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { encodeStreamEvent } from './encode-stream-event.ts';

/** The Messages API towards a provider. */
export const anthropicMessagesUpstream: UpstreamFormat = {
  name: 'anthropic-messages',
  version: 'anthropic-messages-1',
  takesOneByte: true,
  encodeRequest,
  decodeResponse,
  createStreamDecoder,
  decodeError,
};

/** The Messages API towards a client. */
export const anthropicMessagesClient: ClientFormat = {
  name: 'anthropic-messages',
  decodeRequest,
  encodeResponse: (message) => ({ body: encodeResponse(message), losses: [] }),
  createStreamEncoder: () => ({ encode: encodeStreamEvent, losses: () => [] }),
  encodeError,
};
