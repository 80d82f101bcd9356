import { isJsonObject, type JsonObject } from '../json-object.ts';

/** The parts of a GenerateContentResponse that are read; a chunk of a stream is a whole one. */
export interface GeminiChunk extends JsonObject {
  candidates?: unknown;
  promptFeedback?: unknown;
  usageMetadata?: unknown;
  modelVersion?: unknown;
  error?: unknown;
}

export interface GeminiCandidate extends JsonObject {
  content?: unknown;
  finishReason?: unknown;
  finishMessage?: unknown;
}

/** The first candidate; a client of the Messages API never asks for more. */
export function firstCandidate(chunk: GeminiChunk): GeminiCandidate | null {
  if (!Array.isArray(chunk.candidates)) return null;
  for (const candidate of chunk.candidates) {
    // The first one's index is zero, which servers leave out.
    if (isJsonObject(candidate) && (candidate['index'] ?? 0) === 0) return candidate;
  }
  return null;
}
