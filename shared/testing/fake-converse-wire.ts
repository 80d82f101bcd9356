import { encodeEventStreamMessage } from '../upstream/event-stream.ts';
import type { FakeMessage, FakeRequest } from './fake-reply.ts';
import { argumentsText, type FakeWire, pieces, usageOf } from './fake-wire.ts';
import { refuseConverseBody } from './strict-converse.ts';

export const EVENT_STREAM_TYPE = 'application/vnd.amazon.eventstream';

/** One event of an AWS stream in its binary framing, with both of its checksums. */
export function eventFrame(name: string, payload: object): Uint8Array {
  const headers = { ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' };
  return encodeEventStreamMessage(headers, Buffer.from(JSON.stringify(payload)));
}

/** Bedrock's Converse and ConverseStream. */
export const FAKE_CONVERSE_WIRE: FakeWire = {
  path: /^\/model\/[^/]+\/(?:converse|converse-stream)$/,
  modelInPath: /^\/model\/([^/]+)\//,
  streamPath: /\/converse-stream$/,
  streamType: EVENT_STREAM_TYPE,
  refuse: ({ body }) => refuseConverseBody(body),
  error: (_status, message) => ({ message }),
  body: (message, request) => ({
    output: { message: { role: 'assistant', content: content(message, request) } },
    stopReason: stopReason(message),
    usage: usageBody(message, request),
    metrics: { latencyMs: 1 },
  }),
  events: (message, request, delivery) => [
    eventFrame('messageStart', { role: 'assistant' }),
    ...content(message, request).flatMap((block, index) => blockFrames(block, index, (text) => pieces(text, delivery))),
    eventFrame('messageStop', { stopReason: stopReason(message) }),
    eventFrame('metadata', { usage: usageBody(message, request), metrics: { latencyMs: 1 } }),
  ],
};

interface ConverseBlock {
  readonly text?: string;
  readonly reasoningContent?: { readonly reasoningText: { readonly text: string; readonly signature: string } };
  readonly toolUse?: { readonly toolUseId: string; readonly name: string; readonly input: unknown };
}

function blockFrames(block: ConverseBlock, index: number, cut: (text: string) => string[]): Uint8Array[] {
  const delta = (value: object) => eventFrame('contentBlockDelta', { contentBlockIndex: index, delta: value });
  const stop = eventFrame('contentBlockStop', { contentBlockIndex: index });
  if (block.toolUse !== undefined) {
    const { input, ...head } = block.toolUse;
    return [
      eventFrame('contentBlockStart', { contentBlockIndex: index, start: { toolUse: head } }),
      ...cut(JSON.stringify(input)).map((piece) => delta({ toolUse: { input: piece } })),
      stop,
    ];
  }
  if (block.reasoningContent !== undefined) {
    const { text, signature } = block.reasoningContent.reasoningText;
    return [
      ...cut(text).map((piece) => delta({ reasoningContent: { text: piece } })),
      delta({ reasoningContent: { signature } }),
      stop,
    ];
  }
  return [...cut(block.text ?? '').map((text) => delta({ text })), stop];
}

function content(message: FakeMessage, { index }: FakeRequest): ConverseBlock[] {
  const calls = message.toolCalls ?? [];
  return [
    ...(message.reasoning === undefined
      ? []
      : [{ reasoningContent: { reasoningText: { text: message.reasoning, signature: 'fake-signature' } } }]),
    ...(message.text === undefined ? [] : [{ text: message.text }]),
    ...calls.map((call, place) => ({
      toolUse: {
        toolUseId: call.id ?? `tooluse_fake_${index}_${place}`,
        name: call.name,
        input: JSON.parse(argumentsText(call)) as unknown,
      },
    })),
  ];
}

function stopReason(message: FakeMessage): string {
  if (message.stopReason === 'length') return 'max_tokens';
  if (message.stopReason === 'refusal') return 'content_filtered';
  return (message.toolCalls ?? []).length > 0 || message.stopReason === 'tool' ? 'tool_use' : 'end_turn';
}

function usageBody(message: FakeMessage, request: FakeRequest): object {
  const { input, output, cacheRead } = usageOf(message, request);
  return {
    inputTokens: input,
    outputTokens: output,
    totalTokens: input + cacheRead + output,
    cacheReadInputTokens: cacheRead,
    cacheWriteInputTokens: 0,
  };
}
