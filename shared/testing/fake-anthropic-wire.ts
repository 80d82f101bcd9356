import type { FakeMessage, FakeRequest } from './fake-reply.ts';
import { argumentsText, type FakeWire, modelOf, pieces, usageOf } from './fake-wire.ts';
import { refuseAnthropicBody } from './strict-anthropic.ts';

type Block = { readonly block: Record<string, unknown>; readonly deltaType: string; readonly text: string };

const DELTA_FIELDS: Readonly<Record<string, string>> = {
  text_delta: 'text',
  thinking_delta: 'thinking',
  input_json_delta: 'partial_json',
};

/** Anthropic Messages, streaming and not. */
export const FAKE_ANTHROPIC_WIRE: FakeWire = {
  path: /\/v1\/messages$/,
  refuse: ({ body, headers }) => refuseAnthropicBody(body, headers),
  error: anthropicError,
  body: (message, request) => ({
    ...head(message, request),
    content: blocks(message, request).map(({ block, deltaType, text }) =>
      deltaType === 'input_json_delta'
        ? { ...block, input: JSON.parse(text) as unknown }
        : { ...block, [DELTA_FIELDS[deltaType] ?? 'text']: text },
    ),
    stop_reason: stopReason(message),
    usage: usageBody(message, request),
  }),
  events(message, request, delivery) {
    const started = { ...head(message, request), usage: { ...usageBody(message, request), output_tokens: 1 } };
    return [
      event('message_start', { message: started }),
      ...blocks(message, request).flatMap(({ block, deltaType, text }, index) => [
        event('content_block_start', { index, content_block: block }),
        ...pieces(text, delivery).map((piece) =>
          event('content_block_delta', {
            index,
            delta: { type: deltaType, [DELTA_FIELDS[deltaType] ?? 'text']: piece },
          }),
        ),
        event('content_block_stop', { index }),
      ]),
      event('message_delta', {
        delta: { stop_reason: stopReason(message), stop_sequence: null },
        usage: usageBody(message, request),
      }),
      event('message_stop', {}),
    ];
  },
};

export function anthropicError(status: number, message: string): unknown {
  const type = status === 401 ? 'authentication_error' : status === 404 ? 'not_found_error' : 'invalid_request_error';
  return { type: 'error', error: { type, message } };
}

function head(message: FakeMessage, request: FakeRequest): Record<string, unknown> {
  return {
    id: `msg_fake${request.index}`,
    type: 'message',
    role: 'assistant',
    model: modelOf(message, request),
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
}

function blocks(message: FakeMessage, request: FakeRequest): Block[] {
  const said: Block[] = [];
  if (message.reasoning !== undefined) {
    const block = { type: 'thinking', thinking: '', signature: 'fake-signature' };
    said.push({ block, deltaType: 'thinking_delta', text: message.reasoning });
  }
  if (message.text !== undefined) {
    said.push({ block: { type: 'text', text: '' }, deltaType: 'text_delta', text: message.text });
  }
  for (const [index, call] of (message.toolCalls ?? []).entries()) {
    const id = call.id ?? `toolu_fake_${request.index}_${index}`;
    const block = { type: 'tool_use', id, name: call.name, input: {} };
    said.push({ block, deltaType: 'input_json_delta', text: argumentsText(call) });
  }
  return said;
}

function stopReason(message: FakeMessage): string {
  if (message.stopReason === 'length') return 'max_tokens';
  if (message.stopReason === 'refusal') return 'refusal';
  if (message.stopReason === 'stop') return 'end_turn';
  return (message.toolCalls ?? []).length > 0 || message.stopReason === 'tool' ? 'tool_use' : 'end_turn';
}

function usageBody(message: FakeMessage, request: FakeRequest): Record<string, number> {
  const { input, output, cacheRead } = usageOf(message, request);
  return {
    input_tokens: input,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cacheRead,
    output_tokens: output,
  };
}

function event(type: string, rest: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
}
