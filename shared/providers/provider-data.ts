import type { FormatName } from '../formats/format.ts';
import type { QuirkName } from '../formats/quirks/quirks.ts';

/** How a provider is told who calls: the header that carries the key, or the scheme that signs. */
export type AuthScheme = 'bearer' | 'x-api-key' | 'api-key' | 'x-goog-api-key' | 'aws-sigv4' | 'google-oauth' | 'none';

/** Clouds that serve Anthropic's own format under paths of their own. */
export type Hosting = 'bedrock' | 'vertex';

/** What is known of the models whose id fits a pattern. Of two that fit, the later one says more and wins. */
export interface ModelFacts {
  /** Exact id, or a start of one that ends in `*`. */
  readonly match: string;
  /** The most tokens that one answer may have; more is clamped, which these servers would refuse. */
  readonly maxOutputTokens?: number;
  /** They reason, so that the deviations of the provider's reasoning models hold for them. */
  readonly reasons?: boolean;
  /** Deviations of these models only. */
  readonly quirks?: readonly QuirkName[];
}

/** What is true of a provider whatever a configuration says. */
export interface ProviderData {
  /** The name that it has under `providers:`. */
  readonly name: string;
  readonly format: FormatName;
  /**
   * In the form that the vendor's own SDK takes. `{region}`, `{location}`, `{project}` and `{resource}` are filled in
   * from the configuration; absent where only the operator knows the address.
   */
  readonly baseUrl?: string;
  readonly auth: AuthScheme;
  readonly quirks: readonly QuirkName[];
  /** Deviations of the provider's reasoning models only. */
  readonly reasoningModelQuirks: readonly QuirkName[];
  readonly models?: readonly ModelFacts[];
  readonly hosting?: Hosting;
  /** Where its address is by default; servers of one's own are `private`. */
  readonly network?: 'private';
  /** The vendor's page that describes the endpoint. */
  readonly documentation: string;
}
