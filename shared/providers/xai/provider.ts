import type { ProviderData } from '../provider-data.ts';

/** xAI. Its models answer with an error to penalties, those that reason to `stop`, and only some of these to an effort. */
export const xai: ProviderData = {
  name: 'xai',
  format: 'openai-chat',
  baseUrl: 'https://api.x.ai/v1',
  auth: 'bearer',
  quirks: ['max-completion-tokens', 'no-penalties'],
  reasoningModelQuirks: ['no-stop', 'no-logit-bias'],
  models: [
    { match: 'grok-3-mini*', reasons: true },
    { match: 'grok-4', quirks: ['no-stop'] },
    { match: 'grok-4-*', quirks: ['no-stop'] },
    { match: 'grok-4.20-reasoning*', quirks: ['no-stop'] },
    { match: 'grok-build-*', quirks: ['no-stop'] },
    { match: 'grok-4.3*', reasons: true, quirks: ['effort-none', 'effort-up-to-xhigh'] },
    { match: 'grok-4.7*', reasons: true, quirks: ['effort-up-to-xhigh'] },
  ],
  documentation: 'https://docs.x.ai/docs/guides/reasoning',
};
