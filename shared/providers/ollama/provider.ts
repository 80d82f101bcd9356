import type { ProviderData } from '../provider-data.ts';

/** Ollama's OpenAI-compatible endpoint. */
export const ollama: ProviderData = {
  name: 'ollama',
  format: 'openai-chat',
  auth: 'bearer',
  quirks: [
    'inline-images',
    'no-parallel-tool-calls',
    'no-tool-choice',
    'no-logit-bias',
    'no-user',
    'stop-unlimited',
    'think-tags',
  ],
  reasoningModelQuirks: ['effort-none', 'replay-as-reasoning'],
  network: 'private',
  documentation: 'https://docs.ollama.com/api/openai-compatibility',
};
