import { decodeError as decodeAnthropicError } from '../anthropic-messages/decode-error.ts';
import { decodeResponse as decodeAnthropic } from '../anthropic-messages/decode-response.ts';
import { createStreamDecoder as streamAnthropic } from '../anthropic-messages/decode-stream.ts';
import { decodeError as decodeBedrockError } from '../bedrock-converse/decode-error.ts';
import { decodeResponse as decodeConverse } from '../bedrock-converse/decode-response.ts';
import { createStreamDecoder as streamConverse } from '../bedrock-converse/decode-stream.ts';
import { decodeResponse as decodeCohere } from '../cohere-chat/decode-response.ts';
import { createStreamDecoder as streamCohere } from '../cohere-chat/decode-stream.ts';
import type { UpstreamFormat } from '../format.ts';
import { decodeError as decodeGeminiError } from '../gemini/decode-error.ts';
import { decodeResponse as decodeGemini } from '../gemini/decode-response.ts';
import { createStreamDecoder as streamGemini } from '../gemini/decode-stream.ts';
import { decodeResponse as decodeInteraction } from '../gemini-interactions/decode-response.ts';
import { createStreamDecoder as streamInteraction } from '../gemini-interactions/decode-stream.ts';
import { decodeError as decodeChatError } from '../openai-chat/decode-error.ts';
import { decodeResponse as decodeChat } from '../openai-chat/decode-response.ts';
import { createStreamDecoder as streamChat } from '../openai-chat/decode-stream.ts';
import { decodeResponse as decodeResponses } from '../openai-responses/decode-response.ts';
import { createStreamDecoder as streamResponses } from '../openai-responses/decode-stream.ts';
import type { ReplyShape } from './reply-shape.ts';

/** The side of a format that reads replies. */
export type ReplyDecoder = Pick<UpstreamFormat, 'decodeResponse' | 'createStreamDecoder' | 'decodeError'>;

/** The decoder of every wire shape that is known, also of those that no provider is asked in. */
export const REPLY_DECODERS: Readonly<Record<ReplyShape, ReplyDecoder>> = {
  'anthropic-messages': {
    decodeResponse: decodeAnthropic,
    createStreamDecoder: streamAnthropic,
    decodeError: decodeAnthropicError,
  },
  'bedrock-converse': {
    decodeResponse: decodeConverse,
    createStreamDecoder: streamConverse,
    decodeError: decodeBedrockError,
  },
  'cohere-chat': { decodeResponse: decodeCohere, createStreamDecoder: streamCohere, decodeError: decodeChatError },
  gemini: { decodeResponse: decodeGemini, createStreamDecoder: streamGemini, decodeError: decodeGeminiError },
  'gemini-interactions': {
    decodeResponse: decodeInteraction,
    createStreamDecoder: streamInteraction,
    decodeError: decodeGeminiError,
  },
  'openai-chat': { decodeResponse: decodeChat, createStreamDecoder: streamChat, decodeError: decodeChatError },
  'openai-responses': {
    decodeResponse: decodeResponses,
    createStreamDecoder: streamResponses,
    decodeError: decodeChatError,
  },
};
