import { createHash } from 'node:crypto';
import type { ApiError } from '#shared/formats/api-error.ts';
import type { CanonicalBody } from '#shared/formats/canonical.ts';
import type { ResolvedProvider } from '#shared/providers/registry.ts';
import { type CanonicalSend, sendCanonical } from '#shared/upstream/send-canonical.ts';
import type { UpstreamPools } from '#shared/upstream/upstream-pools.ts';
import { type LlmQuestion, type LlmReply, systemText } from './llm-reply.ts';
import { parseJsonText } from './parse-json-text.ts';

export interface CanonicalClient {
  readonly provider: ResolvedProvider;
  readonly pools: UpstreamPools;
  readonly target: CanonicalSend['model'];
  /** Time for one attempt, milliseconds. */
  readonly timeoutMs: number;
}

/** A failed call as the vendors' SDKs would throw it, with the codec's word on whether another attempt is worth it. */
export class CanonicalAskError extends Error {
  override readonly name = 'CanonicalAskError';
  readonly status: number;
  readonly retryable: boolean;
  readonly headers: Headers;

  constructor({ message, status, retryable, retryAfterSeconds, configurationFault }: ApiError) {
    super(message);
    this.status = status;
    // Another target could answer, but a judge has none.
    this.retryable = retryable && configurationFault !== true;
    this.headers = new Headers(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) });
  }
}

/** Some models cannot be made to call a tool; the dialect then states the schema in words, from here on. */
const NO_CALL: ApiError = {
  ...{ type: 'invalid_request_error', status: 400, retryable: false },
  message: 'the model answered without the call of the tool that was forced',
};

/**
 * Asks through the gateway's own codecs, for providers that no SDK of ours speaks to: one tool that must be called, as
 * every format has it.
 *
 * @throws CanonicalAskError
 */
export async function askCanonical(client: CanonicalClient, question: LlmQuestion): Promise<LlmReply> {
  const { provider, pools, timeoutMs, target } = client;
  const { request, dialect, model } = question;
  const deadline = AbortSignal.timeout(timeoutMs);
  const body: CanonicalBody = {
    model,
    max_tokens: request.maxOutputTokens,
    system: systemText(question),
    messages: [{ role: 'user', content: request.user }],
    ...(dialect.forcing === 'none' ? {} : forcedTool(request)),
  };
  const reply = await sendCanonical(
    { pools, now: Date.now },
    {
      provider,
      model: target,
      canonical: { body, extras: {} },
      // Only makes ids of tool calls; the same question may have the same.
      callId: createHash('sha256').update(request.user).digest('hex'),
      signal: request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline]),
    },
  );
  if (!reply.ok) throw new CanonicalAskError(reply.error);
  const { message, usage } = reply;
  const text = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  const toolUse = message.content.find((block) => block.type === 'tool_use');
  const isRefusal = message.stop_reason === 'refusal';
  if (dialect.forcing !== 'none' && toolUse === undefined && !isRefusal && parseJsonText(text) === undefined) {
    throw new CanonicalAskError(NO_CALL);
  }
  return {
    value: toolUse?.type === 'tool_use' ? toolUse.input : undefined,
    text: toolUse?.type === 'tool_use' ? JSON.stringify(toolUse.input) : text,
    refusal: isRefusal ? text || 'refusal' : null,
    usage: {
      inputTokens: usage.inputTokens + usage.cacheCreationInputTokens,
      cacheReadInputTokens: usage.cacheReadInputTokens,
      outputTokens: usage.outputTokens,
    },
    model: message.model,
  };
}

function forcedTool(request: LlmQuestion['request']): Pick<CanonicalBody, 'tools' | 'tool_choice'> {
  const input_schema = { ...request.jsonSchema, type: 'object' as const };
  return {
    tools: [{ name: request.schemaName, description: 'Records the answer.', input_schema }],
    tool_choice: { type: 'tool', name: request.schemaName },
  };
}
