import type { ProviderData } from '../provider-data.ts';

/** Together. Hybrid models are switched on and off, those of gpt-oss take an effort. */
export const together: ProviderData = {
  name: 'together',
  format: 'openai-chat',
  baseUrl: 'https://api.together.xyz/v1',
  auth: 'bearer',
  quirks: ['no-parallel-tool-calls', 'no-user', 'stop-unlimited'],
  reasoningModelQuirks: ['reasoning-enabled', 'replay-as-reasoning'],
  models: [{ match: 'openai/gpt-oss-*', reasons: true, quirks: ['reasoning-effort'] }],
  documentation: 'https://docs.together.ai/docs/inference/chat/reasoning',
};
