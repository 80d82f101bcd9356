import { TrimtabError } from '#shared/errors.ts';
import type { ResolvedProvider } from '#shared/providers/registry.ts';
import type { GuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import { askAnthropic, createAnthropicClient } from './ask-anthropic.ts';
import { askOpenAi, createOpenAiClient } from './ask-openai.ts';
import type { Llm, LlmPrice, LlmResult, StructuredRequest } from './llm.ts';
import { estimateLlmCostUsd, llmCostUsd } from './llm-cost.ts';
import { adaptDialect, initialDialect, type LlmDialect } from './llm-dialect.ts';
import { llmRefusal, toLlmError } from './llm-failure.ts';
import type { LlmReply } from './llm-reply.ts';
import { parseJsonText } from './parse-json-text.ts';

export interface LlmOptions {
  readonly provider: ResolvedProvider;
  readonly model: string;
  readonly price: LlmPrice | null;
  /** Time for one whole attempt, milliseconds. */
  readonly timeoutMs?: number;
  /** Attempts beside the first inside one request; the queue retries after that. */
  readonly maxRetries?: number;
}

const TIMEOUT_MS = 120_000;
const RETRIES_MAX = 1;

/**
 * A model behind the vendor's own client: `openai` for anything that speaks Chat Completions, `@anthropic-ai/sdk` for
 * Messages. Output is forced to the schema; what a server refuses is left out from then on.
 *
 * @throws TrimtabError `not_configured` for a format that no client speaks
 */
export function createLlm(deps: { readonly fetch: GuardedFetch }, options: LlmOptions): Llm {
  const { provider, model, price } = options;
  const ask = createAsk(deps, options);
  let dialect = initialDialect(provider.quirks);

  /** Every refusal takes one thing from the dialect for good, so this ends. */
  async function attempt(request: StructuredRequest): Promise<LlmReply> {
    try {
      return await ask(request, dialect);
    } catch (error) {
      const adapted = adaptDialect(dialect, error);
      if (adapted === null) throw error;
      dialect = adapted;
      return await attempt(request);
    }
  }

  return {
    model,
    provider: provider.name,
    estimateCostUsd: (inputCharacters, maxOutputTokens) => estimateLlmCostUsd(inputCharacters, maxOutputTokens, price),
    async completeStructured(request): Promise<LlmResult> {
      let reply: LlmReply;
      try {
        reply = await attempt(request);
      } catch (error) {
        return { ok: false, error: toLlmError(error), costUsd: null };
      }
      const costUsd = llmCostUsd(reply.usage, price);
      if (reply.refusal !== null) return { ok: false, error: llmRefusal(reply.refusal), costUsd };
      const value = reply.value ?? parseJsonText(reply.text);
      return { ok: true, value, text: reply.text, usage: reply.usage, costUsd, model: reply.model };
    },
  };
}

function createAsk(
  deps: { readonly fetch: GuardedFetch },
  options: LlmOptions,
): (request: StructuredRequest, dialect: LlmDialect) => Promise<LlmReply> {
  const { provider, model } = options;
  const settings = {
    fetch: deps.fetch,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    maxRetries: options.maxRetries ?? RETRIES_MAX,
  };
  switch (provider.format) {
    case 'openai-chat': {
      const client = createOpenAiClient(provider, settings);
      return (request, dialect) => askOpenAi(client, { model, request, dialect });
    }
    case 'anthropic-messages': {
      const client = createAnthropicClient(provider, settings);
      return (request, dialect) => askAnthropic(client, { model, request, dialect });
    }
    default:
      throw new TrimtabError('not_configured', `no judge can be asked in the format ${String(provider.format)}`);
  }
}
