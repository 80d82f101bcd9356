import type { ClientFormat, UpstreamFormat } from '../format.ts';
import { decodeError } from './decode-error.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { encodeError } from './encode-error.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { createStreamEncoder } from './encode-stream-event.ts';

/** OpenAI's Responses API, and servers that speak it. Its error answers are those of Chat Completions. */
export const openaiResponsesUpstream: UpstreamFormat = {
  name: 'openai-responses',
  version: 'openai-responses-1',
  encodeRequest,
  decodeResponse,
  createStreamDecoder,
  decodeError,
};

/** The Responses API towards a client; its error answers are those of Chat Completions, too. */
export const openaiResponsesClient: ClientFormat = {
  name: 'openai-responses',
  decodeRequest,
  encodeResponse,
  createStreamEncoder,
  encodeError,
};
