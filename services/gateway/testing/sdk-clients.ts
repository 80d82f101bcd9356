import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

/** A tool call as a client's own SDK hands it to an agent. */
export interface SdkCall {
  readonly name: string;
  readonly input: unknown;
}

export interface SdkAnswer {
  readonly text: string;
  readonly calls: readonly SdkCall[];
  /** In the client's own word. */
  readonly stopReason: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
}

/** An agent's conversation over one vendor's SDK: a question, then the results of the calls that came back. */
export interface SdkConversation {
  ask(question: string): Promise<SdkAnswer>;
  /** The same result for every call. */
  giveResult(result: string): Promise<SdkAnswer>;
}

export interface SdkClient {
  readonly name: string;
  readonly stopReasons: { readonly calls: string; readonly done: string };
  converse(baseUrl: string, model: string, isStreamed: boolean): SdkConversation;
}

const PARAMETERS = { type: 'object' as const, properties: { path: { type: 'string' } }, required: ['path'] };
const DESCRIPTION = 'Reads a file.';
const SYSTEM = 'You are an agent.';

const anthropicMessages: SdkClient = {
  name: '@anthropic-ai/sdk',
  stopReasons: { calls: 'tool_use', done: 'end_turn' },
  converse(baseUrl, model, isStreamed) {
    const client = new Anthropic({ apiKey: 'client', baseURL: baseUrl, maxRetries: 0 });
    const messages: Anthropic.MessageParam[] = [];
    const tools = [{ name: 'read_file', description: DESCRIPTION, input_schema: PARAMETERS }];
    const send = async (): Promise<SdkAnswer> => {
      const request = { model, max_tokens: 500, system: SYSTEM, messages: [...messages], tools };
      const answer = isStreamed
        ? await client.messages.stream(request).finalMessage()
        : await client.messages.create(request);
      messages.push({ role: 'assistant', content: answer.content });
      return {
        text: answer.content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
        calls: callsOf(answer).map(({ name, input }) => ({ name, input })),
        stopReason: answer.stop_reason,
        inputTokens: answer.usage.input_tokens,
        outputTokens: answer.usage.output_tokens,
        cacheReadTokens: answer.usage.cache_read_input_tokens ?? 0,
      };
    };
    const callsOf = ({ content }: Pick<Anthropic.Message, 'content'>) =>
      content.flatMap((block) => (block.type === 'tool_use' ? [block] : []));
    return {
      ask(question) {
        messages.push({ role: 'user', content: question });
        return send();
      },
      giveResult(result) {
        const { content } = messages.at(-1) as Anthropic.Message;
        const results = callsOf({ content }).map(({ id }) => ({
          type: 'tool_result' as const,
          tool_use_id: id,
          content: result,
        }));
        messages.push({ role: 'user', content: results });
        return send();
      },
    };
  },
};

const openaiChat: SdkClient = {
  name: 'openai chat',
  stopReasons: { calls: 'tool_calls', done: 'stop' },
  converse(baseUrl, model, isStreamed) {
    const client = new OpenAI({ apiKey: 'client', baseURL: `${baseUrl}/v1`, maxRetries: 0 });
    const messages: OpenAI.Chat.ChatCompletionMessageParam[] = [{ role: 'system', content: SYSTEM }];
    const definition = { name: 'read_file', description: DESCRIPTION, parameters: PARAMETERS };
    const tools = [{ type: 'function' as const, function: definition }];
    let ids: string[] = [];
    const send = async (): Promise<SdkAnswer> => {
      const request = { model, messages: [...messages], tools };
      const answer = isStreamed
        ? await client.chat.completions
            .stream({ ...request, stream_options: { include_usage: true } })
            .finalChatCompletion()
        : await client.chat.completions.create(request);
      const [choice] = answer.choices;
      const calls = (choice?.message.tool_calls ?? []).flatMap((call) => (call.type === 'function' ? [call] : []));
      ids = calls.map(({ id }) => id);
      if (choice !== undefined) messages.push(choice.message);
      const cached = answer.usage?.prompt_tokens_details?.cached_tokens ?? 0;
      return {
        text: choice?.message.content ?? '',
        calls: calls.map((call) => ({ name: call.function.name, input: JSON.parse(call.function.arguments) })),
        stopReason: choice?.finish_reason ?? null,
        inputTokens: (answer.usage?.prompt_tokens ?? 0) - cached,
        outputTokens: answer.usage?.completion_tokens ?? 0,
        cacheReadTokens: cached,
      };
    };
    return {
      ask(question) {
        messages.push({ role: 'user', content: question });
        return send();
      },
      giveResult(result) {
        messages.push(...ids.map((id) => ({ role: 'tool' as const, tool_call_id: id, content: result })));
        return send();
      },
    };
  },
};

const openaiResponses: SdkClient = {
  name: 'openai responses',
  stopReasons: { calls: 'completed', done: 'completed' },
  converse(baseUrl, model, isStreamed) {
    const client = new OpenAI({ apiKey: 'client', baseURL: `${baseUrl}/v1`, maxRetries: 0 });
    const input: OpenAI.Responses.ResponseInputItem[] = [];
    const definition = { name: 'read_file', description: DESCRIPTION, parameters: PARAMETERS, strict: false };
    const tools = [{ type: 'function' as const, ...definition }];
    let ids: string[] = [];
    const send = async (): Promise<SdkAnswer> => {
      const request = { model, instructions: SYSTEM, input: [...input], tools, store: false };
      const answer = isStreamed
        ? await client.responses.stream(request).finalResponse()
        : await client.responses.create(request);
      const calls = answer.output.flatMap((item) => (item.type === 'function_call' ? [item] : []));
      ids = calls.map((call) => call.call_id);
      input.push(...(answer.output as OpenAI.Responses.ResponseInputItem[]));
      const cached = answer.usage?.input_tokens_details.cached_tokens ?? 0;
      return {
        text: answer.output_text,
        calls: calls.map((call) => ({ name: call.name, input: JSON.parse(call.arguments) })),
        stopReason: answer.status ?? null,
        inputTokens: (answer.usage?.input_tokens ?? 0) - cached,
        outputTokens: answer.usage?.output_tokens ?? 0,
        cacheReadTokens: cached,
      };
    };
    return {
      ask(question) {
        input.push({ role: 'user', content: question });
        return send();
      },
      giveResult(result) {
        input.push(...ids.map((id) => ({ type: 'function_call_output' as const, call_id: id, output: result })));
        return send();
      },
    };
  },
};

/** The real SDKs of the clients that people have. */
export const SDK_CLIENTS: readonly SdkClient[] = [anthropicMessages, openaiChat, openaiResponses];
