import { lookUp } from '../../look-up.ts';
import { brokenUpstream } from '../api-error.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { fail, lose, startMessage } from '../stream-frame.ts';
import { completeConverseStream } from './complete-stream.ts';
import { isFailureReason } from './decode-stop-reason.ts';
import { decodeUsage } from './decode-usage.ts';
import { drainSegments } from './drain-segments.ts';
import { addDelta, startTool, stopSegment } from './stream-deltas.ts';
import type { ConverseStream } from './stream-state.ts';

function blockIndex(payload: JsonObject): number {
  const index = payload['contentBlockIndex'];
  return typeof index === 'number' ? index : 0;
}

/** The stop sequence that matched: said by the model, or the only one that can have. */
function matchedStopSequence(stream: ConverseStream, fields: unknown): string | null {
  const given = stream.context.request.stop_sequences ?? [];
  const outer = isJsonObject(fields) ? fields : {};
  const inner = isJsonObject(outer['delta']) ? outer['delta'] : outer;
  const said = inner['stop_sequence'];
  if (typeof said === 'string' && said !== '') return said;
  return given.length === 1 ? (given[0] ?? null) : null;
}

export function readStop(stream: ConverseStream, payload: JsonObject): void {
  const { state } = stream;
  const { stopReason } = payload;
  if (typeof stopReason !== 'string') lose(stream, 'approximated', '/stop_reason', 'upstream gave no stop reason');
  state.upstreamStopReason = typeof stopReason === 'string' ? stopReason : 'end_turn';
  if (isFailureReason(state.upstreamStopReason)) {
    fail(stream, brokenUpstream(`The upstream could not use what its model wrote (${state.upstreamStopReason}).`));
    return;
  }
  if (state.upstreamStopReason === 'stop_sequence') {
    state.stopSequence = matchedStopSequence(stream, payload['additionalModelResponseFields']);
  }
  startMessage(stream);
  drainSegments(stream, true);
}

type EventHandler = (stream: ConverseStream, payload: JsonObject) => void;

/** Events of ConverseStream by name; the ones not named here are passed over. */
const EVENT_HANDLERS: Readonly<Record<string, EventHandler>> = {
  messageStart: (stream) => startMessage(stream),
  contentBlockStart: (stream, payload) => {
    startMessage(stream);
    const { start } = payload;
    if (isJsonObject(start) && isJsonObject(start['toolUse'])) startTool(stream, blockIndex(payload), start['toolUse']);
    drainSegments(stream, false);
  },
  contentBlockDelta: (stream, payload) => {
    startMessage(stream);
    if (isJsonObject(payload['delta'])) addDelta(stream, blockIndex(payload), payload['delta']);
    drainSegments(stream, false);
  },
  contentBlockStop: (stream, payload) => {
    stopSegment(stream, blockIndex(payload));
    drainSegments(stream, false);
  },
  messageStop: (stream, payload) => {
    readStop(stream, payload);
    // Usage comes after the stop, unless it has come before.
    if (stream.state.failure === null && stream.state.usage !== null) completeConverseStream(stream);
  },
  metadata: (stream, payload) => {
    stream.state.usage = decodeUsage(payload['usage']) ?? stream.state.usage;
    if (stream.state.upstreamStopReason !== null) completeConverseStream(stream);
  },
};

/** Reads one event of ConverseStream. */
export function readEvent(stream: ConverseStream, payload: JsonObject, name = ''): void {
  const handler = lookUp(EVENT_HANDLERS, name);
  handler?.(stream, payload);
}
