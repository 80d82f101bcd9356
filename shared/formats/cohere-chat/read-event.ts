import { lookUp } from '../../look-up.ts';
import { brokenUpstream } from '../api-error.ts';
import { isJsonObject, type JsonObject, nonEmptyString } from '../json-object.ts';
import { completeChatStream } from '../openai-chat/complete-stream.ts';
import { apiErrorFromChatBody } from '../openai-chat/decode-error.ts';
import { isFailureReason } from '../openai-chat/decode-stop-reason.ts';
import { drainSegments } from '../openai-chat/drain-segments.ts';
import { addDelta } from '../openai-chat/stream-deltas.ts';
import type { ChatStream } from '../openai-chat/stream-state.ts';
import { IN_STREAM_ERROR_STATUS } from '../stream-decoder.ts';
import { fail, lose, startMessage } from '../stream-frame.ts';
import { decodeUsage } from './decode-usage.ts';

function noteCitations(stream: ChatStream, value: unknown): void {
  const isThere = Array.isArray(value) ? value.length > 0 : isJsonObject(value);
  if (isThere) lose(stream, 'dropped', '/content', 'citations of the text');
}

/** A content part, which says its type only where it starts. */
function addContent(stream: ChatStream, value: unknown): void {
  if (typeof value === 'string') addDelta(stream, { content: value });
  if (!isJsonObject(value)) return;
  const type = nonEmptyString(value['type']) ?? (typeof value['thinking'] === 'string' ? 'thinking' : 'text');
  addDelta(stream, { content: [{ ...value, type }] });
}

function addToolCall(stream: ChatStream, value: unknown, index: unknown): void {
  if (isJsonObject(value)) addDelta(stream, { tool_calls: [{ ...value, index }] });
}

/** The message of a whole answer: the plan comes before the calls that it led to. */
export function readMessage(stream: ChatStream, message: JsonObject): void {
  const { content, tool_plan: plan, tool_calls: calls, citations } = message;
  startMessage(stream);
  addDelta(stream, { content: plan });
  for (const part of Array.isArray(content) ? content : [content]) addContent(stream, part);
  for (const [index, call] of (Array.isArray(calls) ? calls : []).entries()) addToolCall(stream, call, index);
  noteCitations(stream, citations);
}

/** Why the answer ended, and what it cost. */
export function readEnd(stream: ChatStream, fields: JsonObject): void {
  const { state } = stream;
  state.usage = decodeUsage(fields['usage']) ?? state.usage;
  const reason = nonEmptyString(fields['finish_reason']);
  state.upstreamStopReason = reason;
  if (reason === null) lose(stream, 'approximated', '/stop_reason', 'upstream gave no finish_reason');
  if (reason !== null && isFailureReason(reason)) {
    fail(stream, brokenUpstream(`The upstream gave up in the middle of its answer (${reason}).`));
  } else completeChatStream(stream);
}

type EventHandler = (stream: ChatStream, message: JsonObject, payload: JsonObject) => void;

const addPart: EventHandler = (stream, message) => addContent(stream, message['content']);
const addCall: EventHandler = (stream, message, payload) =>
  addToolCall(stream, message['tool_calls'], payload['index']);

const EVENT_HANDLERS: Readonly<Record<string, EventHandler>> = {
  'message-start': (stream) => startMessage(stream),
  'content-start': addPart,
  'content-delta': addPart,
  'tool-plan-delta': (stream, message) => addDelta(stream, { content: message['tool_plan'] }),
  'tool-call-start': addCall,
  'tool-call-delta': addCall,
  'citation-start': (stream, message) => noteCitations(stream, message['citations']),
  'message-end': (stream, _message, payload) => readEnd(stream, isJsonObject(payload['delta']) ? payload['delta'] : {}),
};

/** Reads one event of a stream; the ones that are not named here only end what another began. */
export function readEvent(stream: ChatStream, payload: JsonObject): void {
  const type = nonEmptyString(payload['type']);
  if (type === null || isJsonObject(payload['error'])) {
    fail(stream, apiErrorFromChatBody(IN_STREAM_ERROR_STATUS, payload));
    return;
  }
  const delta = isJsonObject(payload['delta']) ? payload['delta'] : {};
  const message = isJsonObject(delta['message']) ? delta['message'] : {};
  const handler = lookUp(EVENT_HANDLERS, type);
  handler?.(stream, message, payload);
  if (stream.state.phase === 'streaming') drainSegments(stream, false);
}
