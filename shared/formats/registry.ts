import { anthropicMessagesClient, anthropicMessagesUpstream } from './anthropic-messages/format.ts';
import { bedrockConverseUpstream } from './bedrock-converse/format.ts';
import type { ClientFormat, FormatName, UpstreamFormat } from './format.ts';
import { geminiUpstream } from './gemini/format.ts';
import { openaiChatClient, openaiChatUpstream } from './openai-chat/format.ts';
import { openaiResponsesClient, openaiResponsesUpstream } from './openai-responses/format.ts';

/** Formats that providers can be configured with. */
export const UPSTREAM_FORMATS: Readonly<Record<FormatName, UpstreamFormat>> = {
  'anthropic-messages': anthropicMessagesUpstream,
  'bedrock-converse': bedrockConverseUpstream,
  'openai-chat': openaiChatUpstream,
  'openai-responses': openaiResponsesUpstream,
  gemini: geminiUpstream,
};

/** Formats that clients can speak. */
export const CLIENT_FORMATS: Readonly<Partial<Record<FormatName, ClientFormat>>> & {
  readonly 'anthropic-messages': ClientFormat;
} = {
  'anthropic-messages': anthropicMessagesClient,
  'openai-chat': openaiChatClient,
  'openai-responses': openaiResponsesClient,
};
