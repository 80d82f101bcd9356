import type { UpstreamFormat } from '../format.ts';
import { decodeError } from './decode-error.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';

/** OpenAI's Chat Completions, and every server that speaks it. */
export const openaiChatUpstream: UpstreamFormat = {
  name: 'openai-chat',
  version: 'openai-chat-1',
  encodeRequest,
  decodeResponse,
  createStreamDecoder,
  decodeError,
};
