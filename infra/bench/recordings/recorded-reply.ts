import { isFailureReason as isGeminiFailure } from '#shared/formats/gemini/decode-stop-reason.ts';
import { isJsonObject, type JsonObject, parseJsonObject } from '#shared/formats/json-object.ts';
import { errorShape, isErrorBody, type ReplyShape, replyShape } from '#shared/formats/replies/reply-shape.ts';

/** One reply of a recording, with the events as they were recorded and as they read. */
export interface RecordedReply {
  readonly shape: ReplyShape;
  readonly lines: readonly string[];
  readonly payloads: readonly JsonObject[];
}

const objectIn = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

/** What an event is called, wherever its wire says that. */
export function eventName(shape: ReplyShape, payload: JsonObject): string | undefined {
  const { type, event_type: eventType } = payload;
  if (shape === 'gemini-interactions') return typeof eventType === 'string' ? eventType : undefined;
  if (shape === 'bedrock-converse') return Object.keys(payload).find((key) => isJsonObject(payload[key]));
  return shape !== 'openai-chat' && shape !== 'gemini' && typeof type === 'string' ? type : undefined;
}

const STARTS = /^(?:message_start|messageStart|message-start|response\.created|interaction\.(?:created|start))$/;
const ENDS =
  /^(?:message_stop|messageStop|message-end|response\.(?:completed|incomplete|failed)|interaction\.completed?)$/;

/** Wires without names end with a reason inside of their choice or candidate. */
function finishReasons(payload: JsonObject): readonly unknown[] {
  const answers = [payload['choices'], payload['candidates']].flatMap((list) => (Array.isArray(list) ? list : []));
  const given = answers.map((answer) => objectIn(answer)['finish_reason'] ?? objectIn(answer)['finishReason']);
  const blocked = objectIn(payload['promptFeedback'])['blockReason'];
  return [...given, blocked].filter((reason) => reason !== undefined && reason !== null && reason !== '');
}

/** Whether the recorded server said that the reply is over. */
export function hasEnd({ shape, payloads }: RecordedReply): boolean {
  return payloads.some((payload) => ENDS.test(eventName(shape, payload) ?? '') || finishReasons(payload).length > 0);
}

/** Whether the recorded server said that it failed: the right outcome is then an error. */
export function hasFailure({ shape, payloads }: RecordedReply): boolean {
  return payloads.some((payload) => {
    const name = eventName(shape, payload) ?? '';
    if (name === 'response.failed' || name === 'error' || name.endsWith('Exception')) return true;
    const status =
      objectIn(payload['response'])['status'] ?? objectIn(payload['interaction'])['status'] ?? payload['status'];
    if (status === 'failed' || status === 'cancelled') return true;
    if (finishReasons(payload).some((reason) => isGeminiFailure(String(reason)))) return true;
    return replyShape(payload) === null && isErrorBody(payload);
  });
}

/** The event in a line; some were recorded without their last bracket. */
function parseLine(line: string): JsonObject | null {
  return parseJsonObject(line) ?? parseJsonObject(`${line}}`);
}

/** The first event that has a shape tells it; a stream of nothing but an error has that of its envelope. */
function shapeOf(payloads: readonly JsonObject[]): ReplyShape | null {
  for (const payload of payloads) {
    const shape = replyShape(payload);
    if (shape !== null) return shape;
  }
  const failure = payloads.find(isErrorBody);
  return failure === undefined ? null : errorShape(failure);
}

/**
 * The replies of a recorded stream, in order. An agent's recording can hold several, one after the other; null when its
 * shape is not known.
 */
export function splitReplies(lines: readonly string[]): readonly RecordedReply[] | null {
  const parsed = lines.map((line) => ({ line, payload: parseLine(line) }));
  const shape = shapeOf(parsed.flatMap(({ payload }) => (payload === null ? [] : [payload])));
  if (shape === null) return null;
  const replies: { shape: ReplyShape; lines: string[]; payloads: JsonObject[] }[] = [];
  let isOver = true;
  for (const { line, payload } of parsed) {
    const name = payload === null ? '' : (eventName(shape, payload) ?? '');
    if (replies.length === 0 || (isOver && STARTS.test(name))) replies.push({ shape, lines: [], payloads: [] });
    isOver = ENDS.test(name) || (isOver && !STARTS.test(name) && replies.length > 1);
    const reply = replies.at(-1);
    reply?.lines.push(line);
    if (payload !== null) reply?.payloads.push(payload);
  }
  return replies;
}
