import type { ProviderData } from '../provider-data.ts';

/** Google AI Studio. */
export const gemini: ProviderData = {
  name: 'gemini',
  format: 'gemini',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  auth: 'x-goog-api-key',
  quirks: [],
  reasoningModelQuirks: [],
  models: [
    { match: 'gemini-2.0-*', maxOutputTokens: 8_192 },
    { match: 'gemini-2.5-*', maxOutputTokens: 65_536, reasons: true },
    { match: 'gemini-2.5-flash-image*', maxOutputTokens: 32_768, reasons: false },
    { match: 'gemini-3*', maxOutputTokens: 65_536, reasons: true },
  ],
  documentation: 'https://ai.google.dev/api/generate-content',
};
