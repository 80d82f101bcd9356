import { type Answer, type AnswerContext, type AnswerPart, pieceOrder, wholeText } from '../answer.ts';
import { openaiFault } from './chat-wire.ts';
import { namedFrames, SSE_TYPE, sse, type Wire } from './wire.ts';

type Event = { readonly type: string } & Readonly<Record<string, unknown>>;

function usageOf({ usage }: Answer): object {
  const input = usage.input + usage.cacheRead + usage.cacheWrite;
  const written = usage.cacheWrite === 0 ? {} : { cache_write_tokens: usage.cacheWrite };
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheRead, ...written },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + usage.output,
  };
}

function annotationsOf(part: AnswerPart): readonly object[] {
  if (part.type !== 'text' || part.citedUrl === undefined) return [];
  return [{ type: 'url_citation', url: part.citedUrl, title: 'A page', start_index: 0, end_index: 5 }];
}

/** The item of a part: as it is when it starts, or whole. */
function itemOf(part: AnswerPart, number: number, context: AnswerContext, isWhole: boolean): object {
  const status = isWhole ? 'completed' : 'in_progress';
  const id = `${context.index}x${number}`;
  const said = isWhole ? wholeText(part) : '';
  if (part.type === 'thinking') {
    const summary = said === '' ? [] : [{ type: 'summary_text', text: said }];
    const encrypted = part.signature === undefined ? {} : { encrypted_content: part.signature };
    return { id: `rs_${id}`, type: 'reasoning', summary, ...(isWhole ? encrypted : {}) };
  }
  if (part.type === 'text') {
    const content = { type: 'output_text', text: said, annotations: annotationsOf(part) };
    return { id: `msg_${id}`, type: 'message', role: 'assistant', status, content: isWhole ? [content] : [] };
  }
  const callId = part.id === null ? {} : { call_id: part.id ?? `call_upstream${id}` };
  return { id: `fc_${id}`, type: 'function_call', status, ...callId, name: part.name, arguments: said };
}

const PIECE_EVENTS: Readonly<Record<AnswerPart['type'], string>> = {
  text: 'response.output_text.delta',
  thinking: 'response.reasoning_summary_text.delta',
  call: 'response.function_call_arguments.delta',
};

function startEvents(part: AnswerPart, number: number, context: AnswerContext, withName: string): Event[] {
  const item = { ...itemOf(part, number, context, false), ...(withName === '' ? {} : { arguments: withName }) };
  const place = { output_index: number, item_id: 'id' in item ? item.id : '' };
  const added: Event = { type: 'response.output_item.added', output_index: number, item };
  if (part.type === 'text') {
    const opened = { type: 'output_text', text: '', annotations: [] };
    return [added, { type: 'response.content_part.added', ...place, content_index: 0, part: opened }];
  }
  if (part.type === 'call') return [added];
  const opened = { type: 'summary_text', text: '' };
  return [added, { type: 'response.reasoning_summary_part.added', ...place, summary_index: 0, part: opened }];
}

function endEvents(part: AnswerPart, number: number, context: AnswerContext): Event[] {
  const item = itemOf(part, number, context, true);
  const place = { output_index: number, item_id: 'id' in item ? item.id : '' };
  const done: Event = { type: 'response.output_item.done', output_index: number, item };
  const said = wholeText(part);
  if (part.type === 'call') return [{ type: 'response.function_call_arguments.done', ...place, arguments: said }, done];
  if (part.type === 'thinking') {
    return [{ type: 'response.reasoning_summary_text.done', ...place, summary_index: 0, text: said }, done];
  }
  const annotation = annotationsOf(part).map((cited): Event => {
    return { type: 'response.output_text.annotation.added', ...place, content_index: 0, annotation: cited };
  });
  return [...annotation, { type: 'response.output_text.done', ...place, content_index: 0, text: said }, done];
}

function pieceEvent(part: AnswerPart, number: number, context: AnswerContext, piece: string): Event {
  const item = itemOf(part, number, context, false);
  const place = { output_index: number, item_id: 'id' in item ? item.id : '' };
  const index = part.type === 'text' ? { content_index: 0 } : part.type === 'thinking' ? { summary_index: 0 } : {};
  return { type: PIECE_EVENTS[part.type], ...place, ...index, delta: piece };
}

function outputEvents(answer: Answer, context: AnswerContext): readonly Event[] {
  const { parts, deviations } = answer;
  const left = parts.map(({ pieces }) => pieces.length);
  const opened = new Set<number>();
  const events: Event[] = [];
  const open = (number: number, part: AnswerPart, piece: string): boolean => {
    if (opened.has(number)) return false;
    opened.add(number);
    const rides = deviations.has('arguments_with_name') && part.type === 'call';
    events.push(...startEvents(part, number, context, rides ? piece : ''));
    return rides;
  };
  for (const { part: number, piece } of pieceOrder(answer)) {
    const part = parts[number];
    if (part === undefined) continue;
    const hasRidden = open(number, part, piece);
    const isHeld = deviations.has('arguments_at_end') && part.type === 'call';
    if (!hasRidden && !isHeld) events.push(pieceEvent(part, number, context, piece));
    left[number] = (left[number] ?? 0) - 1;
    if (left[number] === 0) events.push(...endEvents(part, number, context));
  }
  for (const [number, part] of parts.entries()) {
    if (opened.has(number)) continue;
    open(number, part, '');
    events.push(...endEvents(part, number, context));
  }
  return events;
}

function responseOf(answer: Answer, context: AnswerContext): object {
  const isCut = answer.stop === 'length' || answer.stop === 'refusal';
  const reason = answer.stop === 'length' ? 'max_output_tokens' : 'content_filter';
  return {
    id: `resp_${context.index}`,
    object: 'response',
    created_at: 1_790_000_000,
    model: context.model,
    status: isCut ? 'incomplete' : 'completed',
    incomplete_details: isCut ? { reason } : null,
    error: null,
    output: answer.parts.map((part, number) => itemOf(part, number, context, true)),
    ...(answer.deviations.has('no_usage') ? {} : { usage: usageOf(answer) }),
  };
}

/** The Responses API. */
export const RESPONSES_WIRE: Wire = {
  streamType: SSE_TYPE,
  body: responseOf,
  frames(answer, context) {
    const whole = responseOf(answer, context);
    const response = { ...whole, status: 'in_progress', output: [], usage: null };
    const created: Event = { type: 'response.created', response };
    const end = 'status' in whole && whole.status === 'incomplete' ? 'response.incomplete' : 'response.completed';
    const events: Event[] = [
      ...(answer.deviations.has('started_twice') ? [created, created] : [created]),
      { type: 'response.in_progress', response },
      ...outputEvents(answer, context),
      { type: end, response: whole },
    ];
    return events.map((event, sequence_number) => sse({ ...event, sequence_number }, event.type));
  },
  replay: namedFrames,
  fault: openaiFault,
  streamFault: (message) => sse({ type: 'error', code: 'server_is_overloaded', message, param: null }, 'error'),
  garbage: sse('{"type": "response.ou', 'response.output_text.delta'),
};
