import { decodeError as decodeAnthropicError } from '../anthropic-messages/decode-error.ts';
import { encodeRequest } from '../anthropic-messages/encode-request.ts';
import { anthropicMessagesUpstream } from '../anthropic-messages/format.ts';
import { decodeError as decodeBedrockError } from '../bedrock-converse/decode-error.ts';
import type { UpstreamFormat } from '../format.ts';
import { decodeError as decodeGoogleError } from '../gemini/decode-error.ts';
import { isJsonObject } from '../json-object.ts';
import { toInvokeModel } from './invoke-model.ts';
import { toRawPredict } from './raw-predict.ts';

/** The Messages API inside of Bedrock's InvokeModel. Its errors are Bedrock's. */
const bedrockAnthropicUpstream: UpstreamFormat = {
  ...anthropicMessagesUpstream,
  encodeRequest: (canonical, target, betas) => toInvokeModel(encodeRequest(canonical, target), betas),
  decodeError: decodeBedrockError,
};

/** The Messages API behind Vertex AI's rawPredict. Errors are the model's own, or Google's when the model was not asked. */
const vertexAnthropicUpstream: UpstreamFormat = {
  ...anthropicMessagesUpstream,
  encodeRequest: (canonical, target, betas) => toRawPredict(encodeRequest(canonical, target), betas),
  decodeError: (status, headers, bodyText, context) =>
    (isAnthropicError(bodyText) ? decodeAnthropicError : decodeGoogleError)(status, headers, bodyText, context),
};

export const HOSTED_ANTHROPIC_FORMATS: Readonly<Record<'bedrock' | 'vertex', UpstreamFormat>> = {
  bedrock: bedrockAnthropicUpstream,
  vertex: vertexAnthropicUpstream,
};

function isAnthropicError(bodyText: string): boolean {
  try {
    const body: unknown = JSON.parse(bodyText);
    return isJsonObject(body) && body['type'] === 'error';
  } catch {
    return false;
  }
}
