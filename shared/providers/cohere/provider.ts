import type { ProviderData } from '../provider-data.ts';

/** Cohere by its compatibility API. */
export const cohere: ProviderData = {
  name: 'cohere',
  format: 'openai-chat',
  baseUrl: 'https://api.cohere.ai/compatibility/v1',
  auth: 'bearer',
  quirks: [
    'no-parallel-tool-calls',
    'no-logit-bias',
    'no-user',
    'temperature-up-to-1',
    'stop-up-to-5',
    'no-response-format-with-tools',
  ],
  reasoningModelQuirks: ['effort-only-high', 'effort-none'],
  models: [
    { match: 'command-a-*', maxOutputTokens: 8_000 },
    { match: 'command-r*', maxOutputTokens: 4_000 },
    { match: 'command-a-reasoning-*', maxOutputTokens: 32_000, reasons: true },
  ],
  documentation: 'https://docs.cohere.com/docs/compatibility-api',
};
