import { openai } from '../openai/provider.ts';
import type { ProviderData } from '../provider-data.ts';

/** OpenAI's models at Azure, by the address of the v1 API: the model is the name of a deployment. */
export const azureOpenai: ProviderData = {
  name: 'azure-openai',
  format: 'openai-chat',
  baseUrl: 'https://{resource}.openai.azure.com/openai/v1',
  auth: 'api-key',
  quirks: ['max-completion-tokens', 'openai-extras'],
  reasoningModelQuirks: ['no-sampling', 'no-stop', 'no-penalties', 'no-logit-bias'],
  models: openai.models ?? [],
  documentation: 'https://learn.microsoft.com/en-us/azure/foundry/openai/latest',
};
