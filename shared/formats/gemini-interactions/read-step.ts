import { addCallSignature, addText, addThought, closeOpenBlock } from '../gemini/stream-blocks.ts';
import { restoreGeminiToolName } from '../gemini/tool-name.ts';
import { isJsonObject, type JsonObject, nonEmptyString } from '../json-object.ts';
import { emit, lose } from '../stream-frame.ts';
import { finishArguments, startToolUse } from '../tool-use-block.ts';
import type { InteractionStream } from './stream-state.ts';

/** A part that the Messages API has no block for: images, sources, or a step of Google's own tools. */
function losePart(stream: InteractionStream, type: string | null): void {
  const kind = (type ?? 'unknown').replace(/[^a-z_]/g, '').slice(0, 40);
  lose(stream, 'dropped', '/content', `step or part that the Messages API has not: ${kind}`);
}

export function closeCall(stream: InteractionStream): void {
  const { call } = stream.state;
  if (call === null) return;
  stream.state.call = null;
  const isCutShort = stream.state.upstreamStopReason === 'incomplete';
  finishArguments(stream, { ...call, isDelivered: call.isLive, isCutShort });
  emit(stream, { type: 'content_block_stop', index: call.index });
}

function addArguments(stream: InteractionStream, given: unknown): void {
  const { call } = stream.state;
  const piece = isJsonObject(given) ? JSON.stringify(given) : given;
  if (call === null || typeof piece !== 'string') return;
  call.arguments += piece;
  call.pending += piece;
  stream.state.outputCharacters += piece.length;
  call.isLive ||= call.arguments.trimStart().startsWith('{');
  if (!call.isLive || call.pending === '') return;
  const delta = { type: 'input_json_delta', partial_json: call.pending } as const;
  emit(stream, { type: 'content_block_delta', index: call.index, delta });
  call.pending = '';
}

function startCall(stream: InteractionStream, key: number, step: JsonObject): void {
  closeCall(stream);
  const signature = nonEmptyString(step['signature']);
  if (signature !== null) addCallSignature(stream, signature);
  closeOpenBlock(stream);
  const name = nonEmptyString(step['name']);
  const id = nonEmptyString(step['id']);
  const index = startToolUse(stream, { id, name, isWithoutIds: true, restoreName: restoreGeminiToolName });
  stream.state.call = { step: key, index, name, arguments: '', isLive: false, pending: '' };
  const { arguments: given } = step;
  // A stream starts every call with an empty object, and sends what is in it afterwards.
  if (isJsonObject(given) && Object.keys(given).length > 0) addArguments(stream, given);
}

function addPart(stream: InteractionStream, part: unknown): void {
  if (!isJsonObject(part)) return;
  if (typeof part['text'] === 'string') {
    closeCall(stream);
    addText(stream, part['text']);
    const { annotations } = part;
    if (Array.isArray(annotations) && annotations.length > 0) losePart(stream, 'annotations');
  } else losePart(stream, nonEmptyString(part['type']));
}

function summaryText(summary: unknown): string {
  if (typeof summary === 'string') return summary;
  if (isJsonObject(summary)) return nonEmptyString(summary['text']) ?? '';
  return Array.isArray(summary) ? summary.map(summaryText).join('\n\n') : '';
}

function addThoughtStep(stream: InteractionStream, step: JsonObject): void {
  closeCall(stream);
  const text = summaryText(step['summary'] ?? step['content'] ?? step['text']);
  addThought(stream, text, nonEmptyString(step['signature']));
}

/** Starts a step, or reads one that is whole. */
export function startStep(stream: InteractionStream, key: number, step: JsonObject): void {
  const type = nonEmptyString(step['type']) ?? '';
  stream.state.steps[key] = type;
  if (type === 'thought') addThoughtStep(stream, step);
  else if (type === 'function_call') startCall(stream, key, step);
  else if (type === 'model_output') {
    for (const part of Array.isArray(step['content']) ? step['content'] : []) addPart(stream, part);
  } else if (type === 'text') addPart(stream, step);
  // What the client itself said may be repeated to it.
  else if (type !== 'user_input') losePart(stream, type);
}

/** Reads a piece of a step. */
export function continueStep(stream: InteractionStream, key: number, delta: JsonObject): void {
  const type = nonEmptyString(delta['type']);
  const step = stream.state.steps[key];
  if (step === 'function_call' || type === 'function_call' || type === 'arguments_delta') {
    if (stream.state.call?.step !== key) startCall(stream, key, delta);
    else addArguments(stream, delta['arguments']);
  } else if (type === 'thought_signature' || type === 'thought_summary' || step === 'thought') {
    addThoughtStep(stream, delta);
  } else if (step === 'model_output' || step === 'text' || type === 'text') addPart(stream, delta);
}

/** Ends a step: nothing more comes for it. */
export function stopStep(stream: InteractionStream, key: number): void {
  if (stream.state.call?.step === key) closeCall(stream);
}
