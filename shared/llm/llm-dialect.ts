import { describeLlmFailure } from './llm-failure.ts';

/**
 * What one server takes, as far as it is known. It begins with what the provider is configured with, and unlearns what
 * the server refuses: judges are often in-house servers or reasoning models, and nobody writes down all their ways.
 */
export interface LlmDialect {
  /** Takes a schema or a forced tool; otherwise the schema is stated in words. */
  readonly structured: boolean;
  /** Takes `temperature`; reasoning models refuse it. */
  readonly sampling: boolean;
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
}

/** The dialect that a provider's configured deviations describe. */
export function initialDialect(quirks: readonly string[]): LlmDialect {
  return {
    structured: true,
    sampling: !quirks.includes('no-sampling'),
    maxTokensField: quirks.includes('max-completion-tokens') ? 'max_completion_tokens' : 'max_tokens',
  };
}

const REFUSING_STATUS: ReadonlySet<number> = new Set([400, 404, 422, 501]);

/** The dialect without what this error says the server does not take, or null when the error is about something else. */
export function adaptDialect(dialect: LlmDialect, error: unknown): LlmDialect | null {
  const { status, message } = describeLlmFailure(error);
  if (status === undefined || !REFUSING_STATUS.has(status)) return null;
  if (dialect.sampling && /temperature/i.test(message)) return { ...dialect, sampling: false };
  if (dialect.maxTokensField === 'max_tokens' && /max_completion_tokens/i.test(message)) {
    return { ...dialect, maxTokensField: 'max_completion_tokens' };
  }
  const aboutStructure = /response_format|json_schema|structured|guided|tool_choice|\btools?\b|schema/i.test(message);
  return dialect.structured && aboutStructure ? { ...dialect, structured: false } : null;
}
