import type { ProviderData } from '../provider-data.ts';

/**
 * vLLM, a server of one's own. With a reasoning parser it leaves no tags, and nothing is looked for; a template that
 * opens the tag itself needs `implied-think-tag`.
 */
export const vllm: ProviderData = {
  name: 'vllm',
  format: 'openai-chat',
  auth: 'bearer',
  quirks: ['stop-unlimited', 'continue-final-message', 'think-tags'],
  reasoningModelQuirks: ['template-thinking', 'replay-as-reasoning'],
  models: [{ match: 'openai/gpt-oss*', reasons: true, quirks: ['reasoning-effort'] }],
  network: 'private',
  documentation: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
};
