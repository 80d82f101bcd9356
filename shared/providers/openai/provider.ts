import type { ProviderData } from '../provider-data.ts';

/**
 * OpenAI. Its reasoning models answer 400 to `temperature`, `top_p`, `stop` and `max_tokens`; `max_completion_tokens` is
 * taken by its older models too.
 */
export const openai: ProviderData = {
  name: 'openai',
  format: 'openai-chat',
  baseUrl: 'https://api.openai.com/v1',
  auth: 'bearer',
  quirks: ['max-completion-tokens', 'openai-extras', 'files'],
  reasoningModelQuirks: ['no-sampling', 'no-stop', 'no-penalties', 'no-logit-bias'],
  models: [
    { match: 'gpt-4o*', maxOutputTokens: 16_384 },
    { match: 'gpt-4.1*', maxOutputTokens: 32_768 },
    { match: 'o3*', maxOutputTokens: 100_000, reasons: true },
    { match: 'o4-mini*', maxOutputTokens: 100_000, reasons: true },
    { match: 'gpt-5*', maxOutputTokens: 128_000, reasons: true },
    { match: 'gpt-5.1', quirks: ['effort-none'] },
    { match: 'gpt-5.1-2*', quirks: ['effort-none'] },
    { match: 'gpt-5.2', quirks: ['effort-none', 'effort-up-to-xhigh'] },
    { match: 'gpt-5.2-2*', quirks: ['effort-none', 'effort-up-to-xhigh'] },
    { match: 'gpt-5-chat*', maxOutputTokens: 16_384, reasons: false },
  ],
  documentation: 'https://platform.openai.com/docs/api-reference/chat/create',
};
