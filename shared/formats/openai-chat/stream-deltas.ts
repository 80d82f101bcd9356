import { isJsonObject, nonEmptyString } from '../json-object.ts';
import { lose } from '../stream-frame.ts';
import type { ChatDelta } from './chunk.ts';
import type { ChatStream, TextSegment } from './stream-state.ts';
import { addFunctionCall, addToolCalls } from './stream-tool-calls.ts';
import { createThinkTagState, flushThinkTags, splitThinkTags, type ThinkTagState } from './think-tags.ts';

function addText(stream: ChatStream, type: TextSegment['type'], piece: unknown): void {
  if (typeof piece !== 'string' || piece === '') return;
  stream.state.outputCharacters += piece.length;
  const last = stream.state.segments.at(-1);
  if (last?.type === type) last.pending += piece;
  else stream.state.segments.push({ type, index: null, pending: piece });
}

/** Reasoning as text: a string, or a list of `{ text }` parts as Mistral and OpenRouter send it. */
function reasoningText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  return value
    .map((part: unknown) =>
      isJsonObject(part) ? (nonEmptyString(part['text']) ?? nonEmptyString(part['summary'])) : null,
    )
    .join('');
}

/** The state of the tags, from the first text on; a whole answer and a stream get it alike. */
function thinkTagsOf(stream: ChatStream): ThinkTagState | null {
  const { context, state } = stream;
  if (context.thinkTags === undefined) return null;
  // A template that was told not to think writes no opening tag.
  const isOff = context.request.thinking?.type === 'disabled';
  state.thinkTags ??= createThinkTagState(isOff ? 'explicit' : context.thinkTags);
  return state.thinkTags;
}

/** Delivers what was held back for a closing tag, before what ends the reasoning without one. */
export function endThinkTags(stream: ChatStream): void {
  const { thinkTags } = stream.state;
  if (thinkTags === null) return;
  for (const { type, text } of flushThinkTags(thinkTags)) addText(stream, type, text);
}

/** Adds text, of which servers may have left reasoning a part. */
export function addPlainText(stream: ChatStream, value: unknown): void {
  const tags = typeof value === 'string' && value !== '' ? thinkTagsOf(stream) : null;
  if (tags === null || typeof value !== 'string') {
    addText(stream, 'text', value);
    return;
  }
  for (const { type, text } of splitThinkTags(tags, value)) addText(stream, type, text);
}

function addContent(stream: ChatStream, value: unknown): void {
  if (!Array.isArray(value)) {
    addPlainText(stream, value);
    return;
  }
  for (const part of value) {
    if (!isJsonObject(part)) continue;
    if (part['type'] === 'text') addPlainText(stream, part['text']);
    else if (part['type'] === 'thinking') addText(stream, 'thinking', reasoningText(part['thinking']));
    else lose(stream, 'dropped', '/content', 'content part of a kind that the Messages API has not');
  }
}

/** Adds reasoning that stands beside the text. */
export function addReasoning(stream: ChatStream, delta: ChatDelta): void {
  // Servers that send two of these say the same in both.
  const field = nonEmptyString(delta.reasoning_content) ?? nonEmptyString(delta.reasoning);
  const reasoning = field ?? reasoningText(delta.reasoning_details);
  if (reasoning === '') return;
  const tags = thinkTagsOf(stream);
  // A server that tells the reasoning apart leaves no tags.
  if (tags !== null) tags.phase = 'after';
  addText(stream, 'thinking', reasoning);
}

function addRefusal(stream: ChatStream, value: unknown): void {
  if (nonEmptyString(value) === null) return;
  stream.state.isRefusal = true;
  addText(stream, 'text', value);
}

const isFilled = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : isJsonObject(value));

/** What servers say beside the text, and the Messages API has no block for. */
function noteExtras(stream: ChatStream, delta: ChatDelta): void {
  if (isFilled(delta.annotations)) lose(stream, 'dropped', '/content', 'annotations of the text');
  if (isFilled(delta.audio)) lose(stream, 'dropped', '/content', 'audio of the answer');
  if (isFilled(delta.images)) lose(stream, 'dropped', '/content', 'images of the answer');
  if (isFilled(delta.executed_tools)) lose(stream, 'dropped', '/content', 'tools that the server ran itself');
}

/** In the order in which a delta with several of them is read: reasoning comes before what it led to. */
const DELTA_HANDLERS: readonly ((stream: ChatStream, delta: ChatDelta) => void)[] = [
  addReasoning,
  (stream, delta) => addContent(stream, delta.content),
  (stream, delta) => addRefusal(stream, delta.refusal),
  noteExtras,
  (stream, delta) => {
    if (Array.isArray(delta.tool_calls) && delta.tool_calls.length > 0) endThinkTags(stream);
    addToolCalls(stream, delta.tool_calls);
  },
  (stream, delta) => addFunctionCall(stream, delta.function_call),
];

/** Adds one delta, or the message of a whole completion, to the segments. */
export function addDelta(stream: ChatStream, delta: ChatDelta): void {
  for (const handler of DELTA_HANDLERS) handler(stream, delta);
}
