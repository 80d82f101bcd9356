import type { ProviderData } from '../provider-data.ts';

/** DeepSeek. Its models think unless they are told not to, and demand their reasoning back after a call. */
export const deepseek: ProviderData = {
  name: 'deepseek',
  format: 'openai-chat',
  baseUrl: 'https://api.deepseek.com',
  auth: 'bearer',
  quirks: [
    'no-images',
    'json-object-only',
    'stop-up-to-16',
    'no-parallel-tool-calls',
    'no-logit-bias',
    'no-user',
    'replay-reasoning',
    'no-forced-tool-choice-when-thinking',
  ],
  reasoningModelQuirks: ['thinking-type', 'effort-up-to-max'],
  models: [{ match: 'deepseek-*', reasons: true }],
  documentation: 'https://api-docs.deepseek.com/api/create-chat-completion',
};
