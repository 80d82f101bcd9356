import type { ProviderData } from '../provider-data.ts';

/** xAI. Its reasoning models answer with an error to penalties and `stop`. */
export const xai: ProviderData = {
  name: 'xai',
  format: 'openai-chat',
  baseUrl: 'https://api.x.ai/v1',
  auth: 'bearer',
  quirks: ['max-completion-tokens'],
  reasoningModelQuirks: ['no-stop', 'no-penalties', 'no-logit-bias'],
  models: [
    { match: 'grok-3-mini*', reasons: true },
    { match: 'grok-4.3*', reasons: true, quirks: ['effort-none', 'effort-up-to-xhigh'] },
    { match: 'grok-4.7*', reasons: true, quirks: ['effort-up-to-xhigh'] },
  ],
  documentation: 'https://docs.x.ai/docs/guides/reasoning',
};
