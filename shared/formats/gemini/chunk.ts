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

/** The response in an event's data, or null when it is not a JSON object. Errors may come wrapped in a list. */
export function parseGeminiChunk(data: string): GeminiChunk | null {
  try {
    const parsed: unknown = JSON.parse(data);
    const value: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
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

export function nonEmptyString(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
