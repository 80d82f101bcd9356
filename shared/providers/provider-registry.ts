// One line a provider.
export { anthropic } from './anthropic/provider.ts';
export { azureOpenai } from './azure-openai/provider.ts';
export { bedrock } from './bedrock/provider.ts';
export { cohere } from './cohere/provider.ts';
export { deepseek } from './deepseek/provider.ts';
export { gemini } from './gemini/provider.ts';
export { groq } from './groq/provider.ts';
export { mistral } from './mistral/provider.ts';
export { ollama } from './ollama/provider.ts';
export { openai } from './openai/provider.ts';
export { openrouter } from './openrouter/provider.ts';
export { tgi } from './tgi/provider.ts';
export { together } from './together/provider.ts';
export { triton } from './triton/provider.ts';
export { vertex } from './vertex/provider.ts';
export { vllm } from './vllm/provider.ts';
export { xai } from './xai/provider.ts';
