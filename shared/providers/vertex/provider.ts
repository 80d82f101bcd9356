import type { ProviderData } from '../provider-data.ts';

/** Google's models at Vertex AI, with the project's own credentials. */
export const vertex: ProviderData = {
  name: 'vertex',
  format: 'gemini',
  baseUrl: 'https://{location}-aiplatform.googleapis.com/v1/projects/{project}/locations/{location}',
  auth: 'google-oauth',
  quirks: ['vertex-models', 'stream-function-arguments'],
  reasoningModelQuirks: [],
  models: [
    { match: 'gemini-2.0-*', maxOutputTokens: 8_192 },
    { match: 'gemini-2.5-*', maxOutputTokens: 65_536, reasons: true },
    { match: 'gemini-2.5-flash-image*', maxOutputTokens: 32_768, reasons: false },
    { match: 'gemini-3*', maxOutputTokens: 65_536, reasons: true },
  ],
  // Of Anthropic's models, when the configuration says that format.
  hosting: 'vertex',
  documentation: 'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference',
};
