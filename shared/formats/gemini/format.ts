import type { UpstreamFormat } from '../format.ts';
import { decodeError } from './decode-error.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';

/** Google's generateContent, of AI Studio and of Vertex. */
export const geminiUpstream: UpstreamFormat = {
  name: 'gemini',
  version: 'gemini-1',
  encodeRequest,
  decodeResponse,
  createStreamDecoder,
  decodeError,
};
