import OpenAI from 'openai';
import type { ResolvedProvider } from '#shared/providers/registry.ts';
import { type LlmClientSettings, type LlmQuestion, type LlmReply, systemText } from './llm-reply.ts';

/** A client for any server that speaks Chat Completions. Nothing about the account is taken from the environment. */
export function createOpenAiClient(provider: ResolvedProvider, settings: LlmClientSettings): OpenAI {
  return new OpenAI({
    baseURL: provider.baseUrl,
    // The client insists on a key; what is sent are the provider's own headers.
    apiKey: provider.apiKey ?? 'none',
    organization: null,
    project: null,
    defaultHeaders: { authorization: null, ...provider.authHeaders() },
    fetch: settings.fetch,
    timeout: settings.timeoutMs,
    maxRetries: settings.maxRetries,
    logLevel: 'off',
  });
}

export async function askOpenAi(client: OpenAI, question: LlmQuestion): Promise<LlmReply> {
  const { request, dialect } = question;
  const completion = await client.chat.completions.create(
    {
      model: question.model,
      messages: [
        { role: 'system', content: systemText(question) },
        { role: 'user', content: request.user },
      ],
      [dialect.maxTokensField]: request.maxOutputTokens,
      ...(dialect.sampling ? { temperature: 0 } : {}),
      ...(dialect.structured ? { response_format: responseFormat(request) } : {}),
    },
    { signal: request.signal ?? null },
  );
  const message = completion.choices[0]?.message;
  const usage = completion.usage;
  const cached = usage?.prompt_tokens_details?.cached_tokens ?? 0;
  return {
    value: undefined,
    text: message?.content ?? '',
    refusal: message?.refusal ?? (completion.choices[0]?.finish_reason === 'content_filter' ? 'content filter' : null),
    usage: {
      inputTokens: Math.max(0, (usage?.prompt_tokens ?? 0) - cached),
      cacheReadInputTokens: cached,
      outputTokens: usage?.completion_tokens ?? 0,
    },
    model: completion.model ?? question.model,
  };
}

function responseFormat(request: LlmQuestion['request']): OpenAI.ResponseFormatJSONSchema {
  return {
    type: 'json_schema',
    json_schema: { name: request.schemaName, strict: true, schema: { ...request.jsonSchema } },
  };
}
