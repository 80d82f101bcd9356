import { brokenUpstream } from '../api-error.ts';
import type { CanonicalUsage } from '../canonical.ts';
import { isJsonObject } from '../json-object.ts';
import { createMessageId } from '../tool-id.ts';
import { firstCandidate, type GeminiCandidate, type GeminiChunk, nonEmptyString } from './chunk.ts';
import { apiErrorFromGeminiBody } from './decode-error.ts';
import { decodeGeminiUsage } from './decode-usage.ts';
import { isFailureReason } from './map-finish-reason.ts';
import { addPart } from './stream-parts.ts';
import { emit, fail, type GeminiStream, lose } from './stream-state.ts';

/** An error inside an answer that carries no code of its own is the upstream's. */
export const IN_STREAM_ERROR_STATUS = 500;

/** Sources and quotations of a candidate; citations of the Messages API point into documents of the request. */
const METADATA_FIELDS = ['groundingMetadata', 'citationMetadata', 'urlContextMetadata'] as const;

/** Starts the message, once, when the first content or the end shows that there is one. */
export function startMessage(stream: GeminiStream): void {
  const { state, context } = stream;
  if (state.phase !== 'waiting') return;
  state.phase = 'streaming';
  const usage: CanonicalUsage = {
    input_tokens: state.usage?.input_tokens ?? context.inputTokensEstimate ?? 0,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: state.usage?.cache_read_input_tokens ?? 0,
    output_tokens: 0,
  };
  emit(stream, {
    type: 'message_start',
    message: {
      id: createMessageId(context.callId),
      type: 'message',
      role: 'assistant',
      model: state.model ?? context.targetModel,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    },
  });
}

/** A prompt that was refused has no candidates, only the reason. */
function readBlock(stream: GeminiStream, feedback: unknown): void {
  const reason = isJsonObject(feedback) ? nonEmptyString(feedback['blockReason']) : null;
  if (reason === null || reason === 'BLOCK_REASON_UNSPECIFIED' || !isJsonObject(feedback)) return;
  stream.state.isBlocked = true;
  stream.state.finishReason = reason;
  stream.state.refusalText = nonEmptyString(feedback['blockReasonMessage']);
  startMessage(stream);
}

function readFinish(stream: GeminiStream, candidate: GeminiCandidate): void {
  const { state } = stream;
  const reason = nonEmptyString(candidate.finishReason);
  if (reason === null || reason === 'FINISH_REASON_UNSPECIFIED' || state.isBlocked) return;
  state.finishReason = reason;
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
  state.usage = decodeGeminiUsage(chunk.usageMetadata) ?? state.usage;
  readBlock(stream, chunk.promptFeedback);
  const candidate = firstCandidate(chunk);
  if (candidate === null) return;
  readFinish(stream, candidate);
  if (!state.isBlocked && state.finishReason !== null && isFailureReason(state.finishReason)) {
    const told = nonEmptyString(candidate.finishMessage);
    const detail = told === null ? '' : `: ${told}`;
    fail(stream, brokenUpstream(`The upstream gave up in the middle of its answer (${state.finishReason})${detail}`));
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
