import type { ProviderData } from '../provider-data.ts';

/** The OpenAI-compatible frontend of NVIDIA's Triton, which forbids every field that it does not know. */
export const triton: ProviderData = {
  name: 'triton',
  format: 'openai-chat',
  auth: 'bearer',
  quirks: ['no-parallel-tool-calls', 'json-object-only', 'think-tags'],
  reasoningModelQuirks: [],
  network: 'private',
  documentation:
    'https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/client_guide/openai_readme.html',
};
