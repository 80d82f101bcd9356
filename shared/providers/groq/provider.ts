import type { ProviderData } from '../provider-data.ts';

/** Groq, which answers 400 to every property that it does not know. */
export const groq: ProviderData = {
  name: 'groq',
  format: 'openai-chat',
  baseUrl: 'https://api.groq.com/openai/v1',
  auth: 'bearer',
  quirks: ['max-completion-tokens', 'no-logit-bias', 'no-response-format-with-tools'],
  reasoningModelQuirks: [],
  models: [
    { match: 'llama-3.3-70b-versatile', maxOutputTokens: 32_768 },
    { match: 'openai/gpt-oss-*', maxOutputTokens: 65_536, reasons: true },
    {
      match: 'qwen/*',
      maxOutputTokens: 40_960,
      reasons: true,
      quirks: ['parsed-reasoning-format', 'effort-only-default', 'effort-none'],
    },
  ],
  documentation: 'https://console.groq.com/docs/openai',
};
