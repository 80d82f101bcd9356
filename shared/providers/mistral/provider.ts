import type { ProviderData } from '../provider-data.ts';

/** Mistral's own API, which forbids extra inputs and keeps a strict order of roles. */
export const mistral: ProviderData = {
  name: 'mistral',
  format: 'openai-chat',
  baseUrl: 'https://api.mistral.ai/v1',
  auth: 'bearer',
  quirks: [
    'no-stream-options',
    'random-seed',
    'no-logit-bias',
    'no-user',
    'temperature-up-to-1.5',
    'nine-character-tool-ids',
    'no-user-after-tool',
    'mid-system-as-user',
    'assistant-prefix',
  ],
  reasoningModelQuirks: ['effort-only-high', 'effort-none', 'replay-as-thinking-parts'],
  models: [
    { match: 'mistral-small-latest', reasons: true },
    { match: 'mistral-small-2603', reasons: true },
    { match: 'mistral-medium-3-5*', reasons: true },
  ],
  documentation: 'https://docs.mistral.ai/api/',
};
