import { brokenUpstream } from '../api-error.ts';
import { isJsonObject, type JsonObject, nonEmptyString } from '../json-object.ts';
import { IN_STREAM_ERROR_STATUS } from '../stream-decoder.ts';
import { fail, lose, startMessage } from '../stream-frame.ts';
import { firstCandidate, type GeminiCandidate, type GeminiChunk } from './chunk.ts';
import { apiErrorFromGeminiBody } from './decode-error.ts';
import { isFailureReason } from './decode-stop-reason.ts';
import { decodeUsage } from './decode-usage.ts';
import { addPart } from './stream-parts.ts';
import type { GeminiStream } from './stream-state.ts';

/** Sources and quotations of a candidate; citations of the Messages API point into documents of the request. */
const METADATA_FIELDS = ['groundingMetadata', 'citationMetadata', 'urlContextMetadata'] as const;

/** A prompt that was refused has no candidates, only the reason. */
function readBlock(stream: GeminiStream, feedback: unknown): void {
  const reason = isJsonObject(feedback) ? nonEmptyString(feedback['blockReason']) : null;
  if (reason === null || reason === 'BLOCK_REASON_UNSPECIFIED' || !isJsonObject(feedback)) return;
  stream.state.isBlocked = true;
  stream.state.upstreamStopReason = reason;
  stream.state.refusalText = nonEmptyString(feedback['blockReasonMessage']);
  startMessage(stream);
}

function readFinish(stream: GeminiStream, candidate: GeminiCandidate): void {
  const { state } = stream;
  const reason = nonEmptyString(candidate.finishReason);
  if (reason === null || reason === 'FINISH_REASON_UNSPECIFIED' || state.isBlocked) return;
  state.upstreamStopReason = reason;
  state.refusalText = nonEmptyString(candidate.finishMessage) ?? state.refusalText;
}

/** Reads one chunk of a stream, or one whole response: they are the same thing. */
export function pushGeminiChunk(stream: GeminiStream, chunk: GeminiChunk): void {
  const { state } = stream;
  if (isJsonObject(chunk.error) || typeof chunk.error === 'string') {
    fail(stream, apiErrorFromGeminiBody(IN_STREAM_ERROR_STATUS, chunk));
    return;
  }
  state.model ??= nonEmptyString(chunk.modelVersion);
  state.usage = decodeUsage(chunk.usageMetadata) ?? state.usage;
  readBlock(stream, chunk.promptFeedback);
  const candidate = firstCandidate(chunk);
  if (candidate === null) return;
  readFinish(stream, candidate);
  if (!state.isBlocked && state.upstreamStopReason !== null && isFailureReason(state.upstreamStopReason)) {
    const told = nonEmptyString(candidate.finishMessage);
    const detail = told === null ? '' : `: ${told}`;
    fail(
      stream,
      brokenUpstream(`The upstream gave up in the middle of its answer (${state.upstreamStopReason})${detail}`),
    );
    return;
  }
  startMessage(stream);
  for (const field of METADATA_FIELDS) {
    const value = candidate[field];
    if (isJsonObject(value) && Object.keys(value).length > 0) lose(stream, 'dropped', '/content', field);
  }
  const parts = isJsonObject(candidate.content) ? candidate.content['parts'] : undefined;
  for (const part of Array.isArray(parts) ? parts : []) {
    if (state.phase === 'streaming') addPart(stream, part);
  }
}

/** Reads one event of a stream. */
export function readEvent(stream: GeminiStream, payload: JsonObject, name: string | undefined): void {
  if (name === 'error') fail(stream, apiErrorFromGeminiBody(IN_STREAM_ERROR_STATUS, payload));
  else pushGeminiChunk(stream, payload);
}
