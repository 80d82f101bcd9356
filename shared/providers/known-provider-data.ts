import type { ProviderConfig } from '../config/config-schema.ts';
import type { QuirkName } from '../formats/encode-target.ts';

/** What is true of a provider whatever a configuration says; the configuration needs only its key. */
export interface KnownProvider {
  readonly format: NonNullable<ProviderConfig['format']>;
  /** In the form that the vendor's own SDK takes. */
  readonly baseUrl: string;
  readonly quirks: readonly QuirkName[];
  /** Deviations of the provider's reasoning models only. */
  readonly reasoningModelQuirks: readonly QuirkName[];
}

/**
 * Known providers, by the name that a configuration gives them. OpenAI's reasoning models answer 400 to `temperature`,
 * `top_p` and `stop`, and all its current models deprecate `max_tokens` (platform.openai.com, Chat Completions
 * reference, read 2026-06).
 */
export const KNOWN_PROVIDER_DATA: Readonly<Record<string, KnownProvider>> = {
  anthropic: {
    format: 'anthropic-messages',
    baseUrl: 'https://api.anthropic.com',
    quirks: [],
    reasoningModelQuirks: [],
  },
  openai: {
    format: 'openai-chat',
    baseUrl: 'https://api.openai.com/v1',
    quirks: ['max-completion-tokens', 'files'],
    reasoningModelQuirks: ['no-sampling', 'no-stop'],
  },
};
