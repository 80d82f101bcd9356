import type { CanonicalMessage } from '#shared/formats/canonical.ts';
import { isJsonObject, type JsonObject, parseJsonObject } from '#shared/formats/json-object.ts';
import { REPLY_DECODERS } from '#shared/formats/replies/reply-decoders.ts';
import { errorShape, isErrorBody, type ReplyShape, replyShape } from '#shared/formats/replies/reply-shape.ts';
import { messageEvents } from '#shared/testing/message-events.ts';
import { createDecodeContext } from '#shared/testing/play-stream.ts';
import { contentFaults, deliveryFaults, streamFaults } from './judge-reply.ts';
import type { Recording } from './read-recordings.ts';
import { hasFailure, splitReplies } from './recorded-reply.ts';

const CONTEXT = createDecodeContext();
/** For recorded error bodies that do not say with which status they came. */
const ERROR_STATUS = 400;

export interface RecordingVerdict {
  readonly name: string;
  /** Null when nobody knows the shape. */
  readonly shape: ReplyShape | 'error' | null;
  readonly faults: readonly string[];
}

/** Whether what the upstream said of its failure reaches the client. */
function errorFaults(body: JsonObject): readonly string[] {
  const { error } = body;
  const envelope = isJsonObject(error) ? error : body;
  const { code, message } = envelope;
  const status = typeof code === 'number' && code >= 400 && code < 600 ? code : ERROR_STATUS;
  const decoded = REPLY_DECODERS[errorShape(body)].decodeError(status, {}, JSON.stringify(body), CONTEXT);
  const said = typeof message === 'string' ? message : typeof error === 'string' ? error : '';
  // What follows is cut off where it is long, so the start has to do.
  return decoded.message.includes(said.trim().slice(0, 100)) ? [] : ['the wording of the error is lost'];
}

function wholeMessageFaults(shape: ReplyShape, body: JsonObject): Promise<readonly string[]> | readonly string[] {
  const decoded = REPLY_DECODERS[shape].decodeResponse(body, CONTEXT);
  if (decoded.type === 'failed') {
    return isErrorBody(body) || hasFailure({ shape, lines: [], payloads: [body] })
      ? []
      : [`failed: ${decoded.error.message}`];
  }
  const message: CanonicalMessage = decoded.message;
  const delivered = { message, losses: decoded.losses, events: messageEvents(message) };
  const faults = contentFaults(shape, [body], delivered);
  return deliveryFaults(shape, delivered).then((more) => [...faults, ...more]);
}

async function wholeVerdict({ name, lines }: Recording): Promise<RecordingVerdict> {
  const text = lines.join('\n').trim();
  // Google wraps errors in a list.
  const body = parseJsonObject(text.replace(/^\[([\s\S]*)\]$/, '$1'));
  if (body === null) return { name, shape: null, faults: ['no JSON object'] };
  const shape = replyShape(body);
  if (shape !== null) return { name, shape, faults: await wholeMessageFaults(shape, body) };
  if (isErrorBody(body)) return { name, shape: 'error', faults: errorFaults(body) };
  return { name, shape: null, faults: [`unknown shape: ${Object.keys(body).slice(0, 8).join(', ')}`] };
}

async function streamVerdict({ name, lines }: Recording): Promise<RecordingVerdict> {
  const replies = splitReplies(lines);
  const [first] = replies ?? [];
  if (replies === null || first === undefined) {
    return { name, shape: null, faults: [`unknown shape: ${(lines[0] ?? '').slice(0, 80)}`] };
  }
  const faults: string[] = [];
  for (const reply of replies) faults.push(...(await streamFaults(reply)));
  return { name, shape: first.shape, faults };
}

/** Plays a recording through the decoder of its shape. An exception is a fault as any other, under its own name. */
export async function judgeRecording(recording: Recording): Promise<RecordingVerdict> {
  try {
    return await (recording.kind === 'stream' ? streamVerdict(recording) : wholeVerdict(recording));
  } catch (error) {
    const thrown = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { name: recording.name, shape: null, faults: [`threw: ${thrown}`] };
  }
}
