import { brokenUpstream } from '../api-error.ts';
import type { CanonicalUsage } from '../canonical.ts';
import { isJsonObject, type JsonObject, nonEmptyString } from '../json-object.ts';
import { IN_STREAM_ERROR_STATUS } from '../stream-decoder.ts';
import { fail, lose, startMessage } from '../stream-frame.ts';
import { type ChatChoice, type ChatChunk, firstChoice } from './chunk.ts';
import { apiErrorFromChatBody } from './decode-error.ts';
import { isFailureReason } from './decode-stop-reason.ts';
import { decodeUsage } from './decode-usage.ts';
import { drainSegments } from './drain-segments.ts';
import { type RepeatedBytes, readRepeatedBytes, repeatedBytesOf } from './repeated-bytes.ts';
import { type RepeatedChunk, readRepeated, repeatedChunkOf } from './repeated-chunk.ts';
import { addDelta, addPlainText, addReasoning } from './stream-deltas.ts';
import type { ChatStream } from './stream-state.ts';

function readFinish(stream: ChatStream, choice: ChatChoice): void {
  const { state } = stream;
  state.upstreamStopReason = nonEmptyString(choice.finish_reason) ?? state.upstreamStopReason;
  // vLLM names the stop string that matched; nobody else does.
  const matched = nonEmptyString(choice.stop_reason);
  if (matched !== null && stream.context.request.stop_sequences?.includes(matched)) state.stopSequence = matched;
}

/** Usage where servers put it: on the chunk, on the choice (Moonshot), or among Groq's own fields. */
function readUsage(chunk: ChatChunk, choice: ChatChoice | null): CanonicalUsage | null {
  const { x_groq: groq } = chunk;
  return (
    decodeUsage(chunk.usage) ?? decodeUsage(choice?.usage) ?? (isJsonObject(groq) ? decodeUsage(groq['usage']) : null)
  );
}

/** Where servers that search say what they found; citations of the Messages API point into documents of the request. */
function noteSources(stream: ChatStream, { citations, search_results, images, related_questions }: ChatChunk): void {
  for (const list of [citations, search_results, images, related_questions]) {
    if (Array.isArray(list) && list.length > 0) lose(stream, 'dropped', '/content', 'sources beside the answer');
  }
}

/** Reads one chunk, or one whole completion, which differ only in where the choice keeps its content. */
export function pushChatChunk(stream: ChatStream, chunk: ChatChunk): void {
  const { state } = stream;
  if (isJsonObject(chunk.error) || typeof chunk.error === 'string') {
    fail(stream, apiErrorFromChatBody(IN_STREAM_ERROR_STATUS, chunk));
    return;
  }
  state.model ??= nonEmptyString(chunk.model);
  const choice = firstChoice(chunk);
  state.usage = readUsage(chunk, choice) ?? state.usage;
  if (choice === null || nonEmptyString(choice.finish_reason) !== null) noteSources(stream, chunk);
  if (choice === null) return;
  readFinish(stream, choice);
  const { upstreamStopReason } = state;
  if (upstreamStopReason !== null && isFailureReason(upstreamStopReason)) {
    fail(stream, brokenUpstream(`The upstream gave up in the middle of its answer (${upstreamStopReason}).`));
    return;
  }
  startMessage(stream);
  const content = isJsonObject(choice.delta) ? choice.delta : choice.message;
  if (isJsonObject(content)) addDelta(stream, content);
  // Servers of the older completions keep what they say in the choice itself.
  else if (typeof choice.text === 'string') addDelta(stream, { content: choice.text });
  drainSegments(stream, false);
}

/** Servers whose chunks have nothing in common are not asked for it with every chunk. */
const UNREPEATED_MAX = 3;

/** Reads one event of a stream. */
export function readEvent(stream: ChatStream, payload: JsonObject, name: string | undefined, data: string): void {
  if (name === 'error') {
    fail(stream, apiErrorFromChatBody(IN_STREAM_ERROR_STATUS, payload));
    return;
  }
  pushChatChunk(stream, payload);
  const { state } = stream;
  if (name !== undefined || state.unrepeated >= UNREPEATED_MAX) return;
  const repeated = repeatedChunkOf(data, payload);
  if (repeated === null) return;
  state.repeated = repeated;
  state.unrepeated += 1;
}

/** Reads a chunk that goes on with the text or the reasoning as one before it did. */
export function readUnparsed(stream: ChatStream, data: string): boolean {
  const { state } = stream;
  if (state.repeated === null || state.phase !== 'streaming') return false;
  const text = readRepeated(state.repeated, data);
  if (text === null) return false;
  goOn(stream, state.repeated, text);
  return true;
}

/** The same of the bytes of a whole event, which are then not even made a text. */
export function createBytesReader(): (stream: ChatStream, bytes: Buffer) => boolean {
  let known: RepeatedBytes | null = null;
  return (stream, bytes) => {
    const { repeated, phase } = stream.state;
    if (repeated === null || phase !== 'streaming') return false;
    if (known?.chunk !== repeated) known = repeatedBytesOf(repeated);
    const text = readRepeatedBytes(known, bytes);
    if (text === null) return false;
    goOn(stream, repeated, text);
    return true;
  };
}

function goOn(stream: ChatStream, { field }: RepeatedChunk, text: string): void {
  stream.state.unrepeated = 0;
  if (field === 'content') addPlainText(stream, text);
  else addReasoning(stream, { reasoning_content: text });
  drainSegments(stream, false);
}
