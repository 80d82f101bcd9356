import type { GuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import type { LlmUsage, StructuredRequest } from './llm.ts';
import type { LlmDialect } from './llm-dialect.ts';

/** A reply before it is parsed; a forced tool call has its value already. */
export interface LlmReply {
  readonly value: unknown;
  readonly text: string;
  /** What the model said when it declined, else null. */
  readonly refusal: string | null;
  readonly usage: LlmUsage;
  readonly model: string;
}

export interface LlmClientSettings {
  readonly fetch: GuardedFetch;
  readonly timeoutMs: number;
  readonly maxRetries: number;
}

export interface LlmQuestion {
  readonly model: string;
  readonly request: StructuredRequest;
  readonly dialect: LlmDialect;
}

/** Further draws are worth nothing from a server that always answers alike. */
export const DRAW_TEMPERATURE = 0.7;

/** The system text, with the schema in words where it cannot be forced. */
export function systemText(question: LlmQuestion): string {
  const { system, jsonSchema } = question.request;
  if (question.dialect.forcing !== 'none' && !question.dialect.stated) return system;
  return `${system}\n\nAnswer with one JSON object and nothing else. It must satisfy this JSON Schema:\n${JSON.stringify(jsonSchema)}`;
}
