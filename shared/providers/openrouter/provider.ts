import type { ProviderData } from '../provider-data.ts';

/** OpenRouter. It hands cache breakpoints to the models that need them. */
export const openrouter: ProviderData = {
  name: 'openrouter',
  format: 'openai-chat',
  baseUrl: 'https://openrouter.ai/api/v1',
  auth: 'bearer',
  quirks: ['files', 'reasoning-object', 'replay-as-reasoning'],
  reasoningModelQuirks: ['effort-up-to-xhigh', 'effort-none'],
  models: [
    { match: 'anthropic/*', quirks: ['cache-control'] },
    { match: 'google/gemini-*', quirks: ['cache-control'] },
    { match: 'mistralai/*', quirks: ['nine-character-tool-ids', 'no-user-after-tool'] },
  ],
  documentation: 'https://openrouter.ai/docs/api/reference/overview',
};
