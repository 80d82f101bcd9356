import OpenAI from 'openai';
import type { ResolvedProvider } from '#shared/providers/registry.ts';
import { DRAW_TEMPERATURE, type LlmClientSettings, type LlmQuestion, type LlmReply, systemText } from './llm-reply.ts';

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
      ...(dialect.sampling ? { temperature: (request.draw ?? 0) === 0 ? 0 : DRAW_TEMPERATURE } : {}),
      ...(dialect.seed ? { seed: request.draw ?? 0 } : {}),
      ...forcing(question),
    },
    { signal: request.signal ?? null },
  );
  const message = completion.choices[0]?.message;
  const usage = completion.usage;
  const cached = usage?.prompt_tokens_details?.cached_tokens ?? 0;
  const call = message?.tool_calls?.find((each) => each.type === 'function');
  return {
    value: undefined,
    text: call?.type === 'function' ? call.function.arguments : contentText(message?.content),
    refusal: message?.refusal ?? (completion.choices[0]?.finish_reason === 'content_filter' ? 'content filter' : null),
    usage: {
      inputTokens: Math.max(0, (usage?.prompt_tokens ?? 0) - cached),
      cacheReadInputTokens: cached,
      outputTokens: usage?.completion_tokens ?? 0,
    },
    model: completion.model ?? question.model,
  };
}

type Forcing = Pick<OpenAI.ChatCompletionCreateParamsNonStreaming, 'response_format' | 'tools' | 'tool_choice'>;

function forcing({ request, dialect }: LlmQuestion): Forcing {
  const { schemaName: name } = request;
  const schema = { ...request.jsonSchema };
  if (dialect.forcing === 'schema') {
    return { response_format: { type: 'json_schema', json_schema: { name, strict: true, schema } } };
  }
  if (dialect.forcing === 'none') return {};
  return {
    tools: [{ type: 'function', function: { name, description: 'Records the answer.', parameters: schema } }],
    tool_choice: { type: 'function', function: { name } },
  };
}

/** Some servers answer with parts, as requests may have them. */
function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as unknown[])
    .map((part) => {
      const text = typeof part === 'object' && part !== null && 'text' in part ? part.text : '';
      return typeof text === 'string' ? text : '';
    })
    .join('');
}
