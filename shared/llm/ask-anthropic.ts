import Anthropic from '@anthropic-ai/sdk';
import type { ResolvedProvider } from '#shared/providers/registry.ts';
import { DRAW_TEMPERATURE, type LlmClientSettings, type LlmQuestion, type LlmReply, systemText } from './llm-reply.ts';

/** A client for any server that speaks Messages. Nothing about the account is taken from the environment. */
export function createAnthropicClient(provider: ResolvedProvider, settings: LlmClientSettings): Anthropic {
  return new Anthropic({
    baseURL: provider.baseUrl,
    // The client looks for other credentials when it has no key; what is sent are the provider's own headers.
    apiKey: provider.apiKey ?? 'none',
    defaultHeaders: { 'x-api-key': null, ...provider.authHeaders() },
    fetch: settings.fetch,
    timeout: settings.timeoutMs,
    maxRetries: settings.maxRetries,
    logLevel: 'off',
  });
}

/** Asks with one tool that must be called: every Claude model takes that, older ones know no output schema. */
export async function askAnthropic(client: Anthropic, question: LlmQuestion): Promise<LlmReply> {
  const { request } = question;
  const message = await client.messages.create(
    {
      model: question.model,
      max_tokens: request.maxOutputTokens,
      system: systemText(question),
      messages: [{ role: 'user', content: request.user }],
      ...(question.dialect.forcing === 'none' ? {} : forcedTool(request)),
      ...(question.dialect.sampling ? { temperature: (request.draw ?? 0) === 0 ? 0 : DRAW_TEMPERATURE } : {}),
    },
    { signal: request.signal ?? null },
  );
  const text = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  const toolUse = message.content.find((block) => block.type === 'tool_use');
  return {
    value: toolUse?.type === 'tool_use' ? toolUse.input : undefined,
    text: toolUse?.type === 'tool_use' ? JSON.stringify(toolUse.input) : text,
    refusal: message.stop_reason === 'refusal' ? text || 'refusal' : null,
    usage: {
      inputTokens: message.usage.input_tokens + (message.usage.cache_creation_input_tokens ?? 0),
      cacheReadInputTokens: message.usage.cache_read_input_tokens ?? 0,
      outputTokens: message.usage.output_tokens,
    },
    model: message.model,
  };
}

function forcedTool(request: LlmQuestion['request']) {
  const inputSchema = { ...request.jsonSchema, type: 'object' as const };
  return {
    tools: [{ name: request.schemaName, description: 'Records the answer.', input_schema: inputSchema }],
    tool_choice: { type: 'tool' as const, name: request.schemaName },
  };
}
