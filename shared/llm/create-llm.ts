import { TrimtabError } from '#shared/errors.ts';
import type { ResolvedProvider } from '#shared/providers/registry.ts';
import { askAnthropic, createAnthropicClient } from './ask-anthropic.ts';
import { askOpenAi, createOpenAiClient } from './ask-openai.ts';
import type { LlmFetch } from './guarded-fetch.ts';
import type { Llm, LlmPrice, LlmResult, StructuredRequest } from './llm.ts';
import { estimateLlmCostUsd, llmCostUsd } from './llm-cost.ts';
import { lacksStructuredOutput, llmRefusal, toLlmError } from './llm-failure.ts';
import type { LlmReply, OutputMode } from './llm-reply.ts';
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
 * Messages. Output is forced to the schema; a provider that refuses to force it is asked in plain text from then on.
 *
 * @throws TrimtabError `not_configured` for a format that no client speaks
 */
export function createLlm(deps: { readonly fetch: LlmFetch }, options: LlmOptions): Llm {
  const { provider, model, price } = options;
  const ask = createAsk(deps, options);
  let mode: OutputMode = 'forced';

  async function attempt(request: StructuredRequest): Promise<LlmReply> {
    try {
      return await ask(request, mode);
    } catch (error) {
      if (mode === 'text' || !lacksStructuredOutput(error)) throw error;
      mode = 'text';
      return await ask(request, mode);
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
  deps: { readonly fetch: LlmFetch },
  options: LlmOptions,
): (request: StructuredRequest, mode: OutputMode) => Promise<LlmReply> {
  const { provider, model } = options;
  const settings = {
    fetch: deps.fetch,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    maxRetries: options.maxRetries ?? RETRIES_MAX,
  };
  switch (provider.format) {
    case 'openai-chat': {
      const client = createOpenAiClient(provider, settings);
      return (request, mode) => askOpenAi(client, { model, quirks: provider.quirks, request, mode });
    }
    case 'anthropic-messages': {
      const client = createAnthropicClient(provider, settings);
      return (request, mode) => askAnthropic(client, { model, quirks: provider.quirks, request, mode });
    }
    default:
      throw new TrimtabError('not_configured', `no judge can be asked in the format ${String(provider.format)}`);
  }
}
