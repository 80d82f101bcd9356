import { isJsonObject, type JsonObject } from '../json-object.ts';

/**
 * The parts of a Chat Completions chunk, or whole completion, that are read. Compatible servers differ in every one of
 * them, so each stays unknown until the handler that uses it has looked.
 */
export interface ChatDelta extends JsonObject {
  content?: unknown;
  reasoning_content?: unknown;
  reasoning?: unknown;
  reasoning_details?: unknown;
  refusal?: unknown;
  tool_calls?: unknown;
  function_call?: unknown;
  annotations?: unknown;
  audio?: unknown;
  images?: unknown;
  executed_tools?: unknown;
}

export interface ChatChoice extends JsonObject {
  delta?: unknown;
  message?: unknown;
  text?: unknown;
  finish_reason?: unknown;
  stop_reason?: unknown;
  usage?: unknown;
}

export interface ChatChunk extends JsonObject {
  model?: unknown;
  choices?: unknown;
  usage?: unknown;
  x_groq?: unknown;
  error?: unknown;
  obfuscation?: unknown;
}

/** The first choice; a client of the Messages API never asks for more. */
export function firstChoice(chunk: ChatChunk): ChatChoice | null {
  if (!Array.isArray(chunk.choices)) return null;
  for (const choice of chunk.choices) {
    if (isJsonObject(choice) && (choice['index'] === 0 || typeof choice['index'] !== 'number')) return choice;
  }
  return null;
}
