import type { UpstreamFormat } from '../format.ts';
import { decodeError } from './decode-error.ts';
import { decodeResponse } from './decode-response.ts';
import { createStreamDecoder } from './decode-stream.ts';
import { encodeRequest } from './encode-request.ts';

/** Amazon Bedrock's Converse and ConverseStream, for every model behind them. */
export const bedrockConverseUpstream: UpstreamFormat = {
  name: 'bedrock-converse',
  version: 'bedrock-converse-1',
  encodeRequest,
  decodeResponse,
  createStreamDecoder,
  decodeError,
};
