import type { ProviderData } from '../provider-data.ts';

/** vLLM, a server of one's own; `think-tags` is for one that runs without a reasoning parser. */
export const vllm: ProviderData = {
  name: 'vllm',
  format: 'openai-chat',
  auth: 'bearer',
  quirks: ['stop-unlimited', 'continue-final-message'],
  reasoningModelQuirks: ['template-thinking', 'replay-as-reasoning'],
  models: [{ match: 'openai/gpt-oss*', reasons: true, quirks: ['reasoning-effort'] }],
  network: 'private',
  documentation: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
};
