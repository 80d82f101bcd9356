/** A model that judges or teaches. What it is asked for is always a JSON value of a stated schema. */
export interface Llm {
  /** Exact id of the model. */
  readonly model: string;
  readonly provider: string;
  /**
   * Asks for one JSON value. Never throws for what a provider does: failures are values. A reply that holds no JSON is
   * a success whose `value` is undefined, so that the caller can show the model what was wrong with its text.
   */
  completeStructured(request: StructuredRequest): Promise<LlmResult>;
  /** USD for a request of this size at the most, or null when the model has no price. */
  estimateCostUsd(inputCharacters: number, maxOutputTokens: number): number | null;
}

export interface StructuredRequest {
  readonly system: string;
  readonly user: string;
  readonly schemaName: string;
  /** In the subset that strict modes take: every property required, `additionalProperties: false`. */
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  readonly maxOutputTokens: number;
  /**
   * 0, or absent: as repeatable as the server can be. Further numbers ask for another independent answer to the same
   * question, each the same one again where the server honours a seed.
   */
  readonly draw?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface LlmUsage {
  /** Excludes cached tokens. */
  readonly inputTokens: number;
  readonly cacheReadInputTokens: number;
  readonly outputTokens: number;
}

/** USD per million tokens. */
export interface LlmPrice {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number | undefined;
}

/** `retryable`: the same request may succeed later. `refused`: the model declined. `invalid`: it never will succeed. */
type LlmErrorKind = 'retryable' | 'refused' | 'invalid';

export interface LlmError {
  readonly kind: LlmErrorKind;
  readonly message: string;
  readonly status: number | null;
  readonly retryAfterSeconds: number | null;
}

export type LlmResult =
  | {
      readonly ok: true;
      readonly value: unknown;
      readonly text: string;
      readonly usage: LlmUsage;
      /** Null when the model has no price. */
      readonly costUsd: number | null;
      /** The model that answered, in the provider's own word. */
      readonly model: string;
    }
  | { readonly ok: false; readonly error: LlmError; readonly costUsd: number | null };
