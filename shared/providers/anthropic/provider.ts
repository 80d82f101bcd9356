import type { ProviderData } from '../provider-data.ts';

/** Anthropic's own API. */
export const anthropic: ProviderData = {
  name: 'anthropic',
  format: 'anthropic-messages',
  baseUrl: 'https://api.anthropic.com',
  auth: 'x-api-key',
  quirks: [],
  reasoningModelQuirks: [],
  documentation: 'https://platform.claude.com/docs/en/api/messages',
};
