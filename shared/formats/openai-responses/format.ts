import type { UpstreamFormat } from '../format.ts';
import { decodeError } from '../openai-chat/decode-error.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';

/** OpenAI's Responses API, and servers that speak it. Its error answers are those of Chat Completions. */
export const openaiResponsesUpstream: UpstreamFormat = {
  name: 'openai-responses',
  version: 'openai-responses-1',
  encodeRequest,
  decodeResponse,
  createStreamDecoder,
  decodeError,
};
