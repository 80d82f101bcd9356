import { type Answer, type AnswerContext, type AnswerPart, pieceOrder, wholeText } from '../answer.ts';
import { FAULT_STATUSES, namedFrames, SSE_TYPE, sse, type UpstreamFault, type Wire } from './wire.ts';

const STOPS: Readonly<Record<Answer['stop'], string>> = {
  end: 'end_turn',
  tool: 'tool_use',
  length: 'max_tokens',
  refusal: 'refusal',
  stop_sequence: 'stop_sequence',
  pause: 'pause_turn',
};
const DELTAS: Readonly<Record<AnswerPart['type'], readonly [string, string]>> = {
  text: ['text_delta', 'text'],
  thinking: ['thinking_delta', 'thinking'],
  call: ['input_json_delta', 'partial_json'],
};
const FAULT_TYPES: Readonly<Record<UpstreamFault, string>> = {
  invalid: 'invalid_request_error',
  unauthenticated: 'authentication_error',
  forbidden: 'permission_error',
  rate_limit: 'rate_limit_error',
  overloaded: 'overloaded_error',
  server: 'api_error',
};

function stopOf({ stop, deviations }: Answer): string {
  return deviations.has('stop_with_calls') ? 'end_turn' : STOPS[stop];
}

function usageOf({ usage }: Answer): object {
  return {
    input_tokens: usage.input,
    cache_creation_input_tokens: usage.cacheWrite,
    cache_read_input_tokens: usage.cacheRead,
    output_tokens: usage.output,
  };
}

function head({ model, index }: AnswerContext): object {
  return { id: `msg_upstream${index}`, type: 'message', role: 'assistant', model };
}

function citation(url: string): object {
  return { type: 'web_search_result_location', url, title: 'A page', encrypted_index: 'e', cited_text: 'cited' };
}

/** A block as it is when it starts. */
function startOf(part: AnswerPart, number: number, { index }: AnswerContext): object {
  if (part.type === 'text') return { type: 'text', text: '' };
  if (part.type === 'thinking') return { type: 'thinking', thinking: '', signature: '' };
  const id = part.id === null ? {} : { id: part.id ?? `toolu_upstream${index}x${number}` };
  return { type: 'tool_use', ...id, name: part.name, input: {} };
}

function parseInput(said: string): unknown {
  return said.trim() === '' ? {} : (JSON.parse(said) as unknown);
}

function wholeBlock(part: AnswerPart, number: number, context: AnswerContext): object {
  const start = startOf(part, number, context);
  if (part.type === 'call') return { ...start, input: parseInput(wholeText(part)) };
  if (part.type === 'thinking') return { ...start, thinking: wholeText(part), signature: part.signature ?? 'sig' };
  const cited = part.citedUrl === undefined ? {} : { citations: [citation(part.citedUrl)] };
  return { ...start, text: wholeText(part), ...cited };
}

export type AnthropicEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

function lastDeltas(part: AnswerPart, index: number): AnthropicEvent[] {
  const delta = (of: object): AnthropicEvent => ({ type: 'content_block_delta', index, delta: of });
  if (part.type === 'thinking') return [delta({ type: 'signature_delta', signature: part.signature ?? 'sig' })];
  if (part.type !== 'text' || part.citedUrl === undefined) return [];
  return [delta({ type: 'citations_delta', citation: citation(part.citedUrl) })];
}

export function anthropicEvents(answer: Answer, context: AnswerContext): readonly AnthropicEvent[] {
  const usage = { ...usageOf(answer), output_tokens: 1 };
  const message = { ...head(context), content: [], stop_reason: null, stop_sequence: null, usage };
  const blocks = answer.parts.flatMap((part, index): AnthropicEvent[] => {
    const [type, field] = DELTAS[part.type];
    const isAtOnce = part.type === 'call' && answer.deviations.has('arguments_with_name');
    const start = startOf(part, index, context);
    const filled = isAtOnce ? { ...start, input: parseInput(wholeText(part)) } : start;
    const said = isAtOnce
      ? []
      : pieceOrder({ ...answer, deviations: new Set() }).filter((placed) => placed.part === index);
    return [
      { type: 'content_block_start', index, content_block: filled },
      ...said.map(({ piece }) => ({ type: 'content_block_delta', index, delta: { type, [field]: piece } })),
      ...lastDeltas(part, index),
      { type: 'content_block_stop', index },
    ];
  });
  const delta = { stop_reason: stopOf(answer), stop_sequence: answer.stopSequence };
  const started: AnthropicEvent = { type: 'message_start', message };
  return [
    ...(answer.deviations.has('started_twice') ? [started, started] : [started]),
    ...blocks,
    { type: 'message_delta', delta, usage: usageOf(answer) },
    { type: 'message_stop' },
  ];
}

export function anthropicError(type: string, message: string): AnthropicEvent {
  return { type: 'error', error: { type, message } };
}

/** The Messages API, as Anthropic's own servers and Vertex stream it. */
export const ANTHROPIC_WIRE: Wire = {
  streamType: SSE_TYPE,
  body: (answer, context) => ({
    ...head(context),
    content: answer.parts.map((part, number) => wholeBlock(part, number, context)),
    stop_reason: stopOf(answer),
    stop_sequence: answer.stopSequence,
    usage: usageOf(answer),
  }),
  frames: (answer, context) => anthropicEvents(answer, context).map((event) => sse(event, event.type)),
  replay: namedFrames,
  fault: (fault, message) => ({
    status: fault === 'overloaded' ? 529 : FAULT_STATUSES[fault],
    body: anthropicError(FAULT_TYPES[fault], message),
  }),
  streamFault: (message) => sse(anthropicError('overloaded_error', message), 'error'),
  garbage: sse('{"type": "content_bl', 'content_block_delta'),
};
