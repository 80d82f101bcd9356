import type { ProviderData } from '../provider-data.ts';

/** Hugging Face's Text Generation Inference, which has no parser of reasoning. */
export const tgi: ProviderData = {
  name: 'tgi',
  format: 'openai-chat',
  auth: 'bearer',
  quirks: ['top-p-below-one', 'no-parallel-tool-calls', 'no-response-format-with-tools', 'think-tags'],
  reasoningModelQuirks: [],
  network: 'private',
  documentation: 'https://huggingface.co/docs/text-generation-inference/messages_api',
};
