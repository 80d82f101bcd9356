import type { ClientFormat, UpstreamFormat } from '../format.ts';
import { decodeError } from './decode-error.ts';
import { decodeRequest } from './decode-request.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { encodeError } from './encode-error.ts';
import { encodeRequest } from './encode-request.ts';
import { encodeResponse } from './encode-response.ts';
import { createStreamEncoder } from './encode-stream-event.ts';

/** OpenAI's Chat Completions, and every server that speaks it. */
export const openaiChatUpstream: UpstreamFormat = {
  name: 'openai-chat',
  version: 'openai-chat-1',
  takesOneByte: true,
  encodeRequest,
  decodeResponse,
  createStreamDecoder,
  decodeError,
};

/** Chat Completions towards a client. */
export const openaiChatClient: ClientFormat = {
  name: 'openai-chat',
  decodeRequest,
  encodeResponse,
  createStreamEncoder,
  encodeError,
};
