import { lookUp } from '../../look-up.ts';
import { brokenUpstream } from '../api-error.ts';
import { completeMessage } from '../complete-message.ts';
import { apiErrorFromGeminiBody } from '../gemini/decode-error.ts';
import { closeOpenBlock } from '../gemini/stream-blocks.ts';
import { isJsonObject, type JsonObject, nonEmptyString } from '../json-object.ts';
import { IN_STREAM_ERROR_STATUS } from '../stream-decoder.ts';
import { fail, lose, startMessage } from '../stream-frame.ts';
import { decodeStopReason, isFailureStatus } from './decode-stop-reason.ts';
import { decodeUsage } from './decode-usage.ts';
import { closeCall, continueStep, startStep, stopStep } from './read-step.ts';
import type { InteractionStream } from './stream-state.ts';

function indexOf(payload: JsonObject): number {
  const { index } = payload;
  return typeof index === 'number' ? index : 0;
}

function objectOf(payload: JsonObject, ...names: readonly string[]): JsonObject {
  for (const name of names) if (isJsonObject(payload[name])) return payload[name];
  return {};
}

function readFacts(stream: InteractionStream, interaction: JsonObject): void {
  stream.state.model ??= nonEmptyString(interaction['model']);
  stream.state.usage = decodeUsage(interaction['usage']) ?? stream.state.usage;
}

/** Closes everything: the interaction is over, in the state that its status tells. */
export function completeInteraction(stream: InteractionStream, interaction: JsonObject): void {
  const { state } = stream;
  readFacts(stream, interaction);
  const status = nonEmptyString(interaction['status']);
  if (status === null) lose(stream, 'approximated', '/stop_reason', 'interaction without a status');
  state.upstreamStopReason = status ?? 'completed';
  if (isJsonObject(interaction['error'])) {
    fail(stream, apiErrorFromGeminiBody(IN_STREAM_ERROR_STATUS, interaction));
    return;
  }
  if (isFailureStatus(state.upstreamStopReason)) {
    fail(stream, brokenUpstream(`The upstream did not finish its answer (${state.upstreamStopReason}).`));
    return;
  }
  startMessage(stream);
  closeCall(stream);
  closeOpenBlock(stream, true);
  completeMessage(stream, { stopReason: decodeStopReason(state.upstreamStopReason, state.toolUseIds.length > 0) });
}

type EventHandler = (stream: InteractionStream, payload: JsonObject) => void;

const start: EventHandler = (stream, payload) => readFacts(stream, objectOf(payload, 'interaction'));
const complete: EventHandler = (stream, payload) => completeInteraction(stream, objectOf(payload, 'interaction'));
const stepStart: EventHandler = (stream, payload) => {
  startMessage(stream);
  startStep(stream, indexOf(payload), objectOf(payload, 'step', 'content'));
};
const stepDelta: EventHandler = (stream, payload) => {
  startMessage(stream);
  continueStep(stream, indexOf(payload), objectOf(payload, 'delta'));
};
const stepStop: EventHandler = (stream, payload) => stopStep(stream, indexOf(payload));

/** The events, under the names that the API gives them now and those that it gave before. */
const EVENT_HANDLERS: Readonly<Record<string, EventHandler>> = {
  'interaction.created': start,
  'interaction.start': start,
  'interaction.completed': complete,
  'interaction.complete': complete,
  'step.start': stepStart,
  'content.start': stepStart,
  'step.delta': stepDelta,
  'content.delta': stepDelta,
  'step.stop': stepStop,
  'content.stop': stepStop,
};

/** Reads one event of a stream. */
export function readEvent(stream: InteractionStream, payload: JsonObject, name: string | undefined): void {
  const type = nonEmptyString(payload['event_type']) ?? name ?? '';
  if (type === 'error' || isJsonObject(payload['error'])) {
    fail(stream, apiErrorFromGeminiBody(IN_STREAM_ERROR_STATUS, payload));
    return;
  }
  const handler = lookUp(EVENT_HANDLERS, type);
  handler?.(stream, payload);
}
