import type { ProviderConfig } from '../config/config-schema.ts';
import type { QuirkName } from '../formats/quirks/quirks.ts';

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
 * `top_p`, `stop` and `max_tokens`, as users of the gpt-5 family reported when it came out; `max_completion_tokens` is
 * taken by its older models too.
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
  gemini: {
    format: 'gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    quirks: [],
    reasoningModelQuirks: [],
  },
};
