import { encodeEventStreamMessage } from '#shared/upstream/event-stream.ts';
import { type Answer, type AnswerContext, type AnswerPart, argumentsOf, pieceOrder, wholeText } from '../answer.ts';
import { fields } from '../sent-request.ts';
import { FAULT_STATUSES, type UpstreamFault, type Wire } from './wire.ts';

const STOPS: Readonly<Record<Answer['stop'], string>> = {
  end: 'end_turn',
  tool: 'tool_use',
  length: 'max_tokens',
  refusal: 'guardrail_intervened',
  stop_sequence: 'stop_sequence',
  pause: 'end_turn',
};
const EXCEPTIONS: Readonly<Record<UpstreamFault, string>> = {
  invalid: 'ValidationException',
  unauthenticated: 'UnrecognizedClientException',
  forbidden: 'AccessDeniedException',
  rate_limit: 'ThrottlingException',
  overloaded: 'ServiceUnavailableException',
  server: 'InternalServerException',
};

type Event = readonly [string, object];

function usageOf({ usage }: Answer): object {
  return {
    inputTokens: usage.input,
    outputTokens: usage.output,
    totalTokens: usage.input + usage.output + usage.cacheRead + usage.cacheWrite,
    cacheReadInputTokens: usage.cacheRead,
    cacheWriteInputTokens: usage.cacheWrite,
  };
}

function toolUse(part: Extract<AnswerPart, { type: 'call' }>, number: number, { index }: AnswerContext): object {
  return { toolUseId: part.id ?? `tooluse_upstream${index}x${number}`, name: part.name };
}

function citation(url: string): object {
  return { title: 'A page', source: url, sourceContent: [{ text: 'cited' }], location: { web: { url } } };
}

function wholeBlock(part: AnswerPart, number: number, context: AnswerContext): object {
  if (part.type === 'text' && part.citedUrl !== undefined) {
    return { citationsContent: { content: [{ text: wholeText(part) }], citations: [citation(part.citedUrl)] } };
  }
  if (part.type === 'text') return { text: wholeText(part) };
  if (part.type === 'call') return { toolUse: { ...toolUse(part, number, context), input: argumentsOf(part) } };
  const signature = part.signature === undefined ? {} : { signature: part.signature };
  return { reasoningContent: { reasoningText: { text: wholeText(part), ...signature } } };
}

function pieceOf(part: AnswerPart, piece: string): object {
  if (part.type === 'text') return { text: piece };
  return part.type === 'call' ? { toolUse: { input: piece } } : { reasoningContent: { text: piece } };
}

function blockEvents(answer: Answer, context: AnswerContext): readonly Event[] {
  const events: Event[] = [];
  const opened = new Set<number>();
  const left = answer.parts.map(({ pieces }) => pieces.length);
  const open = (part: AnswerPart, contentBlockIndex: number): void => {
    if (opened.has(contentBlockIndex)) return;
    opened.add(contentBlockIndex);
    if (part.type !== 'call') return;
    const start = { toolUse: toolUse(part, contentBlockIndex, context) };
    events.push(['contentBlockStart', { contentBlockIndex, start }]);
  };
  const close = (part: AnswerPart, contentBlockIndex: number): void => {
    if (part.type === 'thinking' && part.signature !== undefined) {
      const delta = { reasoningContent: { signature: part.signature } };
      events.push(['contentBlockDelta', { contentBlockIndex, delta }]);
    }
    if (part.type === 'text' && part.citedUrl !== undefined) {
      events.push(['contentBlockDelta', { contentBlockIndex, delta: { citation: citation(part.citedUrl) } }]);
    }
    events.push(['contentBlockStop', { contentBlockIndex }]);
  };
  for (const { part: contentBlockIndex, piece } of pieceOrder(answer)) {
    const part = answer.parts[contentBlockIndex];
    if (part === undefined) continue;
    open(part, contentBlockIndex);
    events.push(['contentBlockDelta', { contentBlockIndex, delta: pieceOf(part, piece) }]);
    left[contentBlockIndex] = (left[contentBlockIndex] ?? 0) - 1;
    if (left[contentBlockIndex] === 0) close(part, contentBlockIndex);
  }
  for (const [index, part] of answer.parts.entries()) {
    if (opened.has(index)) continue;
    open(part, index);
    close(part, index);
  }
  return events;
}

function frame([name, payload]: Event, kind: 'event' | 'exception' = 'event'): Buffer {
  const headers = { [`:${kind}-type`]: name, ':content-type': 'application/json', ':message-type': kind };
  return encodeEventStreamMessage(headers, Buffer.from(JSON.stringify(payload)));
}

function stopOf(answer: Answer): object {
  const stopReason = answer.deviations.has('stop_with_calls') ? 'end_turn' : STOPS[answer.stop];
  return { stopReason };
}

/** Only models that say it themselves tell which stop sequence it was, each in its own answer's shape. */
function modelFields({ stopSequence }: Answer, isStream: boolean): object {
  if (stopSequence === null) return {};
  const said = { stop_sequence: stopSequence };
  return { additionalModelResponseFields: isStream ? { delta: said } : said };
}

/** Bedrock's Converse and ConverseStream. */
export const CONVERSE_WIRE: Wire = {
  streamType: 'application/vnd.amazon.eventstream',
  body: (answer, context) => ({
    output: {
      message: {
        role: 'assistant',
        content: answer.parts.map((part, number) => wholeBlock(part, number, context)),
      },
    },
    ...stopOf(answer),
    ...(answer.deviations.has('no_usage') ? {} : { usage: usageOf(answer) }),
    metrics: { latencyMs: 1 },
    ...modelFields(answer, false),
  }),
  frames: (answer, context) => [
    frame(['messageStart', { role: 'assistant' }]),
    ...blockEvents(answer, context).map((event) => frame(event)),
    frame(['messageStop', { ...stopOf(answer), ...modelFields(answer, true) }]),
    ...(answer.deviations.has('no_usage')
      ? []
      : [frame(['metadata', { usage: usageOf(answer), metrics: { latencyMs: 1 } }])]),
  ],
  replay: (events) =>
    events.flatMap((event) => Object.entries(event).map(([name, payload]) => frame([name, fields(payload)]))),
  fault: (fault, message) => ({
    status: FAULT_STATUSES[fault],
    headers: { 'x-amzn-errortype': EXCEPTIONS[fault] },
    body: { message },
  }),
  streamFault: (message) => frame(['serviceUnavailableException', { message }], 'exception'),
  garbage: frame(['contentBlockDelta', {}]).fill(0, 20),
};
