import { describeLlmFailure } from './llm-failure.ts';

/**
 * What one server takes, as far as it is known. It begins with what the provider is configured with, and unlearns what
 * the server refuses: judges are often in-house servers or reasoning models, and nobody writes down all their ways.
 */
export interface LlmDialect {
  /**
   * What the answer is forced with: a schema for the whole answer, a tool that must be called (servers that know no
   * schema for answers may know tools), or nothing, and then the schema is stated in words.
   */
  readonly forcing: 'schema' | 'tool' | 'none';
  /** Whether the schema is stated in words although it is forced: some servers take the field and do not heed it. */
  readonly stated: boolean;
  /** Takes `temperature`; reasoning models refuse it. */
  readonly sampling: boolean;
  /** Takes `seed`. */
  readonly seed: boolean;
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
}

/** The dialect that a provider's configured deviations describe. */
export function initialDialect(quirks: readonly string[]): LlmDialect {
  return {
    forcing: 'schema',
    stated: false,
    sampling: !quirks.includes('no-sampling'),
    seed: !quirks.includes('no-sampling'),
    maxTokensField: quirks.includes('max-completion-tokens') ? 'max_completion_tokens' : 'max_tokens',
  };
}

const REFUSING_STATUS: ReadonlySet<number> = new Set([400, 404, 422, 501]);

/** The dialect without what this error says the server does not take, or null when the error is about something else. */
export function adaptDialect(dialect: LlmDialect, error: unknown): LlmDialect | null {
  const { status, message } = describeLlmFailure(error);
  if (status === undefined || !REFUSING_STATUS.has(status)) return null;
  if (dialect.sampling && /temperature/i.test(message)) return { ...dialect, sampling: false };
  if (dialect.seed && /\bseed\b/i.test(message)) return { ...dialect, seed: false };
  if (dialect.maxTokensField === 'max_tokens' && /max_completion_tokens/i.test(message)) {
    return { ...dialect, maxTokensField: 'max_completion_tokens' };
  }
  const aboutSchema = /response_format|json_schema|structured|guided|schema/i.test(message);
  if (dialect.forcing === 'schema' && aboutSchema) return { ...dialect, forcing: 'tool' };
  const aboutTools = aboutSchema || /tool_choice|\btools?\b|function/i.test(message);
  return dialect.forcing !== 'none' && aboutTools ? { ...dialect, forcing: 'none' } : null;
}

/** The dialect for the next question, after an answer that held no JSON although it was forced. */
export function dialectAfterProse(dialect: LlmDialect): LlmDialect {
  return dialect.stated ? dialect : { ...dialect, stated: true };
}
