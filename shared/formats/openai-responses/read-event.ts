import { lookUp } from '../../look-up.ts';
import { brokenUpstream } from '../api-error.ts';
import { isJsonObject, nonEmptyString } from '../json-object.ts';
import { apiErrorFromChatBody } from '../openai-chat/decode-error.ts';
import { IN_STREAM_ERROR_STATUS } from '../stream-decoder.ts';
import { fail, startMessage } from '../stream-frame.ts';
import { completeResponse, readResponseFacts } from './complete-stream.ts';
import { drainSegments } from './drain-segments.ts';
import {
  finishSegment,
  noteAnnotations,
  type PartPlace,
  REASONING_PART,
  readItem,
  readPart,
  SUMMARY_PART,
  summarySeparator,
} from './read-item.ts';
import { appendText, segmentAt } from './segments.ts';
import type { Fields, ResponsesStream } from './stream-state.ts';

/** Codes of failed responses that say more than that the server broke. */
const FAILURE_STATUSES: Readonly<Record<string, number>> = {
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  server_is_overloaded: 503,
  slow_down: 503,
  invalid_prompt: 400,
  context_length_exceeded: 400,
};

/** The item that an event belongs to: by its index, by its id, or else the newest. */
function outputIndexOf(stream: ResponsesStream, event: Fields): number {
  const { output_index: index, item_id: id } = event;
  if (typeof index === 'number' && Number.isSafeInteger(index)) return index;
  const known = typeof id === 'string' ? stream.state.itemIndexes[id] : undefined;
  return known ?? stream.state.segments.at(-1)?.outputIndex ?? 0;
}

function placeOf(stream: ResponsesStream, event: Fields): PartPlace {
  const { content_index: index } = event;
  return {
    outputIndex: outputIndexOf(stream, event),
    partIndex: typeof index === 'number' && Number.isSafeInteger(index) ? index : 0,
  };
}

function textPiece(stream: ResponsesStream, event: Fields): void {
  const segment = segmentAt(stream, { type: 'text', ...placeOf(stream, event) });
  stream.state.hasItems = true;
  if (segment !== null) appendText(stream, segment, event['delta']);
}

function textEnd(stream: ResponsesStream, event: Fields, field: 'text' | 'refusal'): void {
  stream.state.hasItems = true;
  finishSegment(stream, segmentAt(stream, { type: 'text', ...placeOf(stream, event) }), event[field]);
}

function partEvent(stream: ResponsesStream, event: Fields, isDone: boolean): void {
  const { part } = event;
  // Reasoning has parts, too; its item brings them whole.
  if (!isJsonObject(part) || part['type'] === 'reasoning_text' || part['type'] === 'summary_text') return;
  readPart(stream, part, placeOf(stream, event), isDone);
}

function reasoningPiece(stream: ResponsesStream, event: Fields, partIndex: number): void {
  const outputIndex = outputIndexOf(stream, event);
  const segment = segmentAt(stream, { type: 'thinking', outputIndex, partIndex });
  stream.state.hasItems = true;
  if (segment === null) return;
  const separator = partIndex === SUMMARY_PART ? summarySeparator(stream, segment, event['summary_index']) : '';
  if (nonEmptyString(event['delta']) !== null) appendText(stream, segment, `${separator}${String(event['delta'])}`);
}

function argumentsPiece(stream: ResponsesStream, event: Fields): void {
  const outputIndex = outputIndexOf(stream, event);
  const segment = segmentAt(stream, { type: 'tool', outputIndex, partIndex: 0 });
  stream.state.hasItems = true;
  if (segment !== null) appendText(stream, segment, event['delta']);
}

function argumentsEnd(stream: ResponsesStream, event: Fields): void {
  const outputIndex = outputIndexOf(stream, event);
  const segment = segmentAt(stream, { type: 'tool', outputIndex, partIndex: 0 });
  stream.state.hasItems = true;
  if (segment === null) return;
  segment.name ??= nonEmptyString(event['name']);
  finishSegment(stream, segment, event['arguments']);
  // A call that has not got its name yet gets it with its item.
  segment.isDone = segment.name !== null;
}

function itemEvent(stream: ResponsesStream, event: Fields, isDone: boolean): void {
  const { item } = event;
  if (isJsonObject(item)) readItem(stream, item, outputIndexOf(stream, event), isDone);
}

/** The error of a failed response, or of an `error` event, which keeps it in one of two places. */
export function failResponse(stream: ResponsesStream, error: unknown): void {
  const facts = isJsonObject(error) ? error : {};
  const code = nonEmptyString(facts['code']) ?? nonEmptyString(facts['type']);
  const status = (code === null ? undefined : lookUp(FAILURE_STATUSES, code)) ?? IN_STREAM_ERROR_STATUS;
  const hasMessage = nonEmptyString(facts['message']) !== null;
  fail(
    stream,
    hasMessage
      ? apiErrorFromChatBody(status, { error: facts })
      : brokenUpstream('The upstream gave up in the middle of its answer.'),
  );
}

function responseOf(event: Fields): Fields {
  return isJsonObject(event['response']) ? event['response'] : {};
}

const EVENT_HANDLERS: Readonly<Record<string, (stream: ResponsesStream, event: Fields) => void>> = {
  'response.created': (stream, event) => readResponseFacts(stream, responseOf(event)),
  'response.in_progress': (stream, event) => readResponseFacts(stream, responseOf(event)),
  'response.output_item.added': (stream, event) => itemEvent(stream, event, false),
  'response.output_item.done': (stream, event) => itemEvent(stream, event, true),
  'response.content_part.added': (stream, event) => partEvent(stream, event, false),
  'response.content_part.done': (stream, event) => partEvent(stream, event, true),
  'response.output_text.delta': textPiece,
  'response.output_text.done': (stream, event) => textEnd(stream, event, 'text'),
  'response.output_text.annotation.added': (stream, event) =>
    noteAnnotations(stream, { annotations: [event['annotation']] }),
  'response.refusal.delta': (stream, event) => {
    stream.state.isRefusal = true;
    textPiece(stream, event);
  },
  'response.refusal.done': (stream, event) => {
    stream.state.isRefusal = true;
    textEnd(stream, event, 'refusal');
  },
  'response.reasoning_summary_text.delta': (stream, event) => reasoningPiece(stream, event, SUMMARY_PART),
  'response.reasoning_text.delta': (stream, event) => reasoningPiece(stream, event, REASONING_PART),
  'response.function_call_arguments.delta': argumentsPiece,
  'response.function_call_arguments.done': argumentsEnd,
  'response.completed': (stream, event) => completeResponse(stream, { status: 'completed', ...responseOf(event) }),
  'response.incomplete': (stream, event) => completeResponse(stream, { ...responseOf(event), status: 'incomplete' }),
  'response.failed': (stream, event) => failResponse(stream, responseOf(event)['error']),
  error: (stream, event) => failResponse(stream, isJsonObject(event['error']) ? event['error'] : event),
};

/** Reads one event. Events of hosted tools, and ones that are not known, are passed over: their items say it all. */
export function readEvent(stream: ResponsesStream, event: Fields, name: string | undefined): void {
  const type = nonEmptyString(event['type']) ?? name ?? '';
  const handler = lookUp(EVENT_HANDLERS, type);
  if (handler !== undefined) handler(stream, event);
  else if (isJsonObject(event['error'])) failResponse(stream, event['error']);
  const { state } = stream;
  if (state.phase === 'complete' || state.phase === 'failed') return;
  if (state.phase === 'waiting' && !state.segments.some(({ text, name: called }) => text !== '' || called !== null))
    return;
  startMessage(stream);
  drainSegments(stream, false);
}
