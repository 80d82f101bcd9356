import type { ProviderData } from '../provider-data.ts';

/** Amazon Bedrock by its Converse API. */
export const bedrock: ProviderData = {
  name: 'bedrock',
  format: 'bedrock-converse',
  baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com',
  auth: 'aws-sigv4',
  quirks: [],
  reasoningModelQuirks: [],
  // Of Anthropic's models, when the configuration says that format.
  hosting: 'bedrock',
  documentation: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
};
