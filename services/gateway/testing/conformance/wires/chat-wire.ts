import { type Answer, type AnswerContext, type AnswerPart, pieceOrder, wholeText } from '../answer.ts';
import { FAULT_STATUSES, type FaultReply, SSE_TYPE, sse, type UpstreamFault, type Wire } from './wire.ts';

const STOPS: Readonly<Record<Answer['stop'], string>> = {
  end: 'stop',
  tool: 'tool_calls',
  length: 'length',
  refusal: 'content_filter',
  stop_sequence: 'stop',
  pause: 'stop',
};

type Call = Extract<AnswerPart, { type: 'call' }>;
type TextPart = Extract<AnswerPart, { type: 'text' }>;

function usageOf({ usage }: Answer): object {
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite;
  const written = usage.cacheWrite === 0 ? {} : { cache_write_tokens: usage.cacheWrite };
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.output,
    total_tokens: prompt + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cacheRead, ...written },
  };
}

function annotations(part: TextPart): readonly object[] {
  if (part.citedUrl === undefined) return [];
  const url_citation = { url: part.citedUrl, title: 'A page', start_index: 0, end_index: 5 };
  return [{ type: 'url_citation', url_citation }];
}

function idOf(call: Call, number: number, { index }: AnswerContext): object {
  return call.id === null ? {} : { id: call.id ?? `call_upstream${index}x${number}` };
}

function finishReason(answer: Answer): object {
  const finish_reason = answer.deviations.has('stop_with_calls') ? 'stop' : STOPS[answer.stop];
  // vLLM tells which of the stop strings it was.
  return { finish_reason, ...(answer.stopSequence === null ? {} : { stop_reason: answer.stopSequence }) };
}

function wholeMessage(answer: Answer, context: AnswerContext): object {
  const said = (type: AnswerPart['type']) =>
    answer.parts
      .filter((part) => part.type === type)
      .map(wholeText)
      .join('');
  const calls = answer.parts.flatMap((part, number) => (part.type === 'call' ? [{ part, number }] : []));
  const cited = answer.parts.flatMap((part) => (part.type === 'text' ? annotations(part) : []));
  return {
    role: 'assistant',
    content: said('text') === '' ? null : said('text'),
    ...(said('thinking') === '' ? {} : { reasoning_content: said('thinking') }),
    ...(cited.length === 0 ? {} : { annotations: cited }),
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map(({ part, number }) => ({
            ...idOf(part, number, context),
            type: 'function',
            function: { name: part.name, arguments: wholeText(part) },
          })),
        }),
  };
}

/** The deltas of an answer, in order. */
function deltas(answer: Answer, context: AnswerContext): readonly object[] {
  const numbers = new Map(
    answer.parts.flatMap((part, index) => (part.type === 'call' ? [index] : [])).map((part, number) => [part, number]),
  );
  const withName = answer.deviations.has('arguments_with_name');
  const isVllm = answer.deviations.has('vllm');
  const opened = new Set<number>();
  const begin = (index: number, call: Call, said: string): object => ({
    tool_calls: [
      {
        index: numbers.get(index),
        ...idOf(call, index, context),
        type: 'function',
        function: { name: call.name, arguments: said },
      },
    ],
  });
  const written = pieceOrder(answer).flatMap(({ part: index, piece }): object[] => {
    const part = answer.parts[index];
    if (part?.type !== 'call') {
      const field = part?.type !== 'thinking' ? 'content' : isVllm ? 'reasoning' : 'reasoning_content';
      return [{ [field]: piece }];
    }
    const rest = isVllm ? { id: null, type: null } : {};
    const more = { tool_calls: [{ index: numbers.get(index), ...rest, function: { arguments: piece } }] };
    if (opened.has(index)) return [more];
    opened.add(index);
    return withName ? [begin(index, part, piece)] : [begin(index, part, ''), more];
  });
  const silent = answer.parts.flatMap((part, index) =>
    part.type === 'call' && !opened.has(index) ? [begin(index, part, '')] : [],
  );
  const cited = answer.parts.flatMap((part) => (part.type === 'text' ? annotations(part) : []));
  return [...written, ...silent, ...(cited.length === 0 ? [] : [{ annotations: cited }])];
}

const CODES: Readonly<Partial<Record<UpstreamFault, string>>> = {
  unauthenticated: 'invalid_api_key',
  rate_limit: 'rate_limit_exceeded',
};

export function openaiFault(fault: UpstreamFault, message: string): FaultReply {
  const type = fault === 'invalid' ? 'invalid_request_error' : 'server_error';
  const error = { message, type, param: null, code: CODES[fault] ?? null };
  return { status: FAULT_STATUSES[fault], body: { error } };
}

/** Chat Completions. */
export const CHAT_WIRE: Wire = {
  streamType: SSE_TYPE,
  body: (answer, context) => ({
    id: `chatcmpl-${context.index}`,
    object: 'chat.completion',
    created: 1_790_000_000,
    model: context.model,
    choices: [{ index: 0, message: wholeMessage(answer, context), logprobs: null, ...finishReason(answer) }],
    ...(answer.deviations.has('no_usage') ? {} : { usage: usageOf(answer) }),
  }),
  frames(answer, context) {
    const head = { id: `chatcmpl-${context.index}`, object: 'chat.completion.chunk', model: context.model };
    const running = answer.deviations.has('vllm') ? { usage: { ...usageOf(answer), completion_tokens: 1 } } : {};
    const chunk = (delta: object, choice: object = { finish_reason: null }): Buffer =>
      sse({ ...head, choices: [{ index: 0, delta, logprobs: null, ...choice }], ...running });
    const started = chunk({ role: 'assistant', content: '' });
    return [
      ...(answer.deviations.has('started_twice') ? [started, started] : [started]),
      ...deltas(answer, context).map((delta) => chunk(delta)),
      chunk({}, finishReason(answer)),
      ...(answer.deviations.has('no_usage') ? [] : [sse({ ...head, choices: [], usage: usageOf(answer) })]),
      sse('[DONE]'),
    ];
  },
  replay: (events) => [...events.map((event) => sse(event)), sse('[DONE]')],
  fault: openaiFault,
  streamFault: (message) => sse({ error: { message, type: 'server_error', code: 503 } }),
  garbage: sse('{"id": "chatcm'),
};
