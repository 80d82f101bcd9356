import type { ModelConfig } from '#shared/config/config-schema.ts';
import type { ResolvedProvider } from '#shared/providers/registry.ts';
import type { GuardedFetch } from '#shared/upstream/guarded-fetch.ts';
import { createUpstreamPools, type UpstreamPools } from '#shared/upstream/upstream-pools.ts';
import { askAnthropic, createAnthropicClient } from './ask-anthropic.ts';
import { askCanonical } from './ask-canonical.ts';
import { askOpenAi, createOpenAiClient } from './ask-openai.ts';
import type { Llm, LlmPrice, LlmResult, StructuredRequest } from './llm.ts';
import { estimateLlmCostUsd, llmCostUsd } from './llm-cost.ts';
import { adaptDialect, dialectAfterProse, initialDialect, type LlmDialect } from './llm-dialect.ts';
import { llmRefusal, toLlmError } from './llm-failure.ts';
import type { LlmReply } from './llm-reply.ts';
import { parseJsonText } from './parse-json-text.ts';

export interface LlmOptions {
  readonly provider: ResolvedProvider;
  readonly model: string;
  /** The model's entry on the allow-list, when it has one. */
  readonly listed?: ModelConfig | undefined;
  readonly price: LlmPrice | null;
  /** Time for one whole attempt, milliseconds. */
  readonly timeoutMs?: number;
  /** Attempts beside the first inside one request; the queue retries after that. */
  readonly maxRetries?: number;
}

const TIMEOUT_MS = 120_000;
const RETRIES_MAX = 1;
const CONNECT_TIMEOUT_MS = 10_000;

export interface LlmDeps {
  readonly fetch: GuardedFetch;
  /** For providers that are asked through the codecs; those of the process, or ones of its own. */
  readonly pools?: UpstreamPools;
}

/**
 * A model behind the vendor's own client: `openai` for anything that speaks Chat Completions, `@anthropic-ai/sdk` for
 * Messages; every other format, and what clouds sign or host, through the gateway's codecs. Output is forced to the
 * schema; what a server refuses is left out from then on.
 */
export function createLlm(deps: LlmDeps, options: LlmOptions): Llm {
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
      if (value === undefined) dialect = dialectAfterProse(dialect);
      return { ok: true, value, text: reply.text, usage: reply.usage, costUsd, model: reply.model };
    },
  };
}

function createAsk(
  deps: LlmDeps,
  options: LlmOptions,
): (request: StructuredRequest, dialect: LlmDialect) => Promise<LlmReply> {
  const { provider, model } = options;
  const settings = {
    fetch: deps.fetch,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    maxRetries: options.maxRetries ?? RETRIES_MAX,
  };
  if (isPlain(provider) && provider.format === 'openai-chat') {
    const client = createOpenAiClient(provider, settings);
    return (request, dialect) => askOpenAi(client, { model, request, dialect });
  }
  if (isPlain(provider) && provider.format === 'anthropic-messages') {
    const client = createAnthropicClient(provider, settings);
    return (request, dialect) => askAnthropic(client, { model, request, dialect });
  }
  const { timeoutMs } = settings;
  const timeouts = { connectTimeoutMs: CONNECT_TIMEOUT_MS, firstByteTimeoutMs: timeoutMs, idleTimeoutMs: timeoutMs };
  const pools = deps.pools ?? createUpstreamPools(timeouts);
  const client = { provider, pools, timeoutMs, target: options.listed ?? { id: model } };
  return (request, dialect) => askCanonical(client, { model, request, dialect });
}

/** Whether a vendor's client reaches it: by a key, at the format's own paths. */
function isPlain({ auth, hosting, apiVersion, deployments }: ResolvedProvider): boolean {
  const isSigned = auth === 'aws-sigv4' || auth === 'google-oauth';
  return !isSigned && hosting === undefined && apiVersion === undefined && Object.keys(deployments).length === 0;
}
