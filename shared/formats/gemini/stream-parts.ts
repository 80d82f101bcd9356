import { isJsonObject, nonEmptyString } from '../json-object.ts';
import { lose } from '../stream-frame.ts';
import { addText, addThought } from './stream-blocks.ts';
import type { GeminiStream } from './stream-state.ts';
import { addFunctionCall } from './stream-tool-calls.ts';

/** Adds one part of a candidate's content. */
export function addPart(stream: GeminiStream, part: unknown): void {
  if (!isJsonObject(part)) return;
  const signature = nonEmptyString(part['thoughtSignature']);
  if (isJsonObject(part['functionCall'])) {
    addFunctionCall(stream, part['functionCall'], signature);
    return;
  }
  const { text } = part;
  if (part['thought'] === true && (typeof text === 'string' || signature !== null)) {
    addThought(stream, typeof text === 'string' ? text : '', signature);
    return;
  }
  if (typeof text === 'string') addText(stream, text);
  else if (signature === null)
    lose(stream, 'dropped', '/content', 'content part of a kind that the Messages API has not');
  // It comes behind its text, where a thinking block would be the last block of the answer: clients take that for
  // an answer without text. Gemini recommends it back, and demands only those of calls.
  if (signature !== null) lose(stream, 'dropped', '/content', 'thought signature of a text');
}
