import type { FakeMessage, FakeRequest } from './fake-reply.ts';
import { argumentsText, type FakeWire, modelOf, pieces, usageOf } from './fake-wire.ts';
import { refuseOpenaiBody } from './strict-openai.ts';

const CREATED_SECONDS = 1_700_000_000;

/** Chat Completions, streaming and not. */
export const FAKE_OPENAI_WIRE: FakeWire = {
  path: /\/chat\/completions$/,
  refuse: ({ body }, refusedParameters) => refuseOpenaiBody(body, refusedParameters),
  error: openaiError,
  body: (message, request) => ({
    id: `chatcmpl-fake${request.index}`,
    object: 'chat.completion',
    created: CREATED_SECONDS,
    model: modelOf(message, request),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: message.text ?? null,
          ...(message.reasoning === undefined ? {} : { reasoning_content: message.reasoning }),
          ...((message.toolCalls ?? []).length === 0 ? {} : { tool_calls: toolCalls(message, request) }),
        },
        finish_reason: finishReason(message),
      },
    ],
    usage: usageBody(message, request),
  }),
  events(message, request, delivery) {
    const chunk = (delta: object, finish: string | null = null): string =>
      event({ ...head(message, request), choices: [{ index: 0, delta, finish_reason: finish }] });
    const asked = request.body['stream_options'] as { include_usage?: boolean } | undefined;
    return [
      chunk({ role: 'assistant', content: '' }),
      ...pieces(message.reasoning ?? '', delivery).map((text) => chunk({ reasoning_content: text })),
      ...pieces(message.text ?? '', delivery).map((text) => chunk({ content: text })),
      ...toolCalls(message, request).flatMap(({ id, function: called }, index) => [
        chunk({ tool_calls: [{ index, id, type: 'function', function: { name: called.name, arguments: '' } }] }),
        ...pieces(called.arguments, delivery).map((text) =>
          chunk({ tool_calls: [{ index, function: { arguments: text } }] }),
        ),
      ]),
      chunk({}, finishReason(message)),
      ...(asked?.include_usage === true
        ? [event({ ...head(message, request), choices: [], usage: usageBody(message, request) })]
        : []),
      'data: [DONE]\n\n',
    ];
  },
};

/** The error envelope of all of OpenAI's APIs. */
export function openaiError(_status: number, message: string): unknown {
  return { error: { message, type: 'invalid_request_error', param: null, code: null } };
}

function head(message: FakeMessage, request: FakeRequest): object {
  return {
    id: `chatcmpl-fake${request.index}`,
    object: 'chat.completion.chunk',
    created: CREATED_SECONDS,
    model: modelOf(message, request),
  };
}

function toolCalls(message: FakeMessage, request: FakeRequest) {
  return (message.toolCalls ?? []).map((call, index) => ({
    id: call.id ?? `call_fake_${request.index}_${index}`,
    type: 'function',
    function: { name: call.name, arguments: argumentsText(call) },
  }));
}

function finishReason(message: FakeMessage): string {
  if (message.stopReason === 'refusal') return 'content_filter';
  if (message.stopReason === 'length' || message.stopReason === 'stop') return message.stopReason;
  return (message.toolCalls ?? []).length > 0 || message.stopReason === 'tool' ? 'tool_calls' : 'stop';
}

function usageBody(message: FakeMessage, request: FakeRequest): object {
  const { input, output, cacheRead } = usageOf(message, request);
  return {
    prompt_tokens: input + cacheRead,
    completion_tokens: output,
    total_tokens: input + cacheRead + output,
    prompt_tokens_details: { cached_tokens: cacheRead },
  };
}

function event(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
