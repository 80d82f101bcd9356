import type { ProviderData } from '../provider-data.ts';

/** OpenRouter. It hands cache breakpoints to the models that need them. */
export const openrouter: ProviderData = {
  name: 'openrouter',
  format: 'openai-chat',
  baseUrl: 'https://openrouter.ai/api/v1',
  auth: 'bearer',
  quirks: ['files'],
  reasoningModelQuirks: ['reasoning-object', 'effort-up-to-xhigh', 'replay-as-reasoning'],
  models: [
    { match: 'anthropic/*', reasons: true, quirks: ['cache-control'] },
    { match: 'google/gemini-*', reasons: true, quirks: ['cache-control'] },
    { match: 'openai/gpt-5*', reasons: true },
    { match: 'deepseek/*', reasons: true },
    { match: 'x-ai/*', reasons: true },
    { match: 'mistralai/*', quirks: ['nine-character-tool-ids', 'no-user-after-tool', 'mid-system-as-user'] },
  ],
  documentation: 'https://openrouter.ai/docs/api/reference/overview',
};
