import { lookUp } from '../../look-up.ts';
import { isJsonObject, nonEmptyString } from '../json-object.ts';
import { lose } from '../stream-frame.ts';
import { signatureOfItem } from './reasoning-signature.ts';
import { appendText, completeText, segmentAt } from './segments.ts';
import type { Fields, ResponsesStream, Segment } from './stream-state.ts';

/** Parts of a reasoning item: what OpenAI summarises of it, and what open models show of it. */
export const SUMMARY_PART = 0;
export const REASONING_PART = 1;
const SUMMARY_SEPARATOR = '\n\n';

/** Completes a segment with the whole text of its end, and notes an end that contradicts what was streamed. */
export function finishSegment(stream: ResponsesStream, segment: Segment | null, whole: unknown): void {
  if (segment === null) return;
  if (!completeText(stream, segment, whole)) {
    lose(stream, 'approximated', '/content', 'the end of a part differs from what was streamed');
  }
  segment.isDone = true;
}

export function describeCall(segment: Segment, item: Fields): void {
  segment.callId ??= nonEmptyString(item['call_id']);
  segment.name ??= nonEmptyString(item['name']);
}

function readCall(stream: ResponsesStream, item: Fields, outputIndex: number, isDone: boolean): void {
  const segment = segmentAt(stream, { type: 'tool', outputIndex, partIndex: 0 });
  if (segment === null) return;
  describeCall(segment, item);
  const given = item['arguments'];
  // Some servers send the arguments as an object.
  const text = isJsonObject(given) ? JSON.stringify(given) : given;
  if (isDone) finishSegment(stream, segment, text);
  else if (segment.text === '') appendText(stream, segment, text);
}

function isRefusal(part: Fields): boolean {
  return part['type'] === 'refusal';
}

export function noteAnnotations(stream: ResponsesStream, part: Fields): void {
  const { annotations } = part;
  if (Array.isArray(annotations) && annotations.length > 0) {
    lose(stream, 'dropped', '/content', 'annotations of the text');
  }
}

export function readPart(stream: ResponsesStream, part: Fields, place: PartPlace, isDone: boolean): void {
  const segment = segmentAt(stream, { type: 'text', ...place });
  const isRefused = isRefusal(part) && nonEmptyString(part['refusal']) !== null;
  if (isRefused) stream.state.isRefusal = true;
  if (isDone) {
    noteAnnotations(stream, part);
    finishSegment(stream, segment, isRefused ? part['refusal'] : part['text']);
  }
}

export interface PartPlace {
  readonly outputIndex: number;
  readonly partIndex: number;
}

function readMessage(stream: ResponsesStream, item: Fields, outputIndex: number, isDone: boolean): void {
  const content = Array.isArray(item['content']) ? item['content'] : [];
  if (!isDone || content.length === 0) segmentAt(stream, { type: 'text', outputIndex, partIndex: 0 });
  if (!isDone) return;
  for (const [partIndex, part] of content.entries()) {
    if (isJsonObject(part)) readPart(stream, part, { outputIndex, partIndex }, true);
  }
  for (const segment of stream.state.segments) if (segment.outputIndex === outputIndex) segment.isDone = true;
}

function joinedTexts(parts: unknown): string {
  if (!Array.isArray(parts)) return '';
  const texts = parts.map((part: unknown) => (isJsonObject(part) ? nonEmptyString(part['text']) : null));
  return texts.filter((text) => text !== null).join(SUMMARY_SEPARATOR);
}

function readReasoning(stream: ResponsesStream, item: Fields, outputIndex: number, isDone: boolean): void {
  const summary = segmentAt(stream, { type: 'thinking', outputIndex, partIndex: SUMMARY_PART });
  if (!isDone) return;
  const shown = joinedTexts(item['content']);
  const isShown =
    shown !== '' ||
    stream.state.segments.some((one) => one.outputIndex === outputIndex && one.partIndex > SUMMARY_PART);
  const content = isShown ? segmentAt(stream, { type: 'thinking', outputIndex, partIndex: REASONING_PART }) : null;
  const signed = content ?? summary;
  if (signed !== null) signed.signature = signatureOfItem(item, stream.context.targetModel);
  finishSegment(stream, summary, joinedTexts(item['summary']));
  finishSegment(stream, content, shown);
}

/** The separator that is due before a piece of the summary `summaryIndex`. */
export function summarySeparator(stream: ResponsesStream, segment: Segment, summaryIndex: unknown): string {
  const { summaryIndexes } = stream.state;
  const current = typeof summaryIndex === 'number' ? summaryIndex : 0;
  const last = summaryIndexes[segment.outputIndex];
  summaryIndexes[segment.outputIndex] = current;
  return last !== undefined && last !== current && segment.text !== '' ? SUMMARY_SEPARATOR : '';
}

const ITEM_READERS: Readonly<
  Record<string, (stream: ResponsesStream, item: Fields, outputIndex: number, isDone: boolean) => void>
> = { message: readMessage, reasoning: readReasoning, function_call: readCall };

/** Reads an output item, at its beginning or whole at its end. */
export function readItem(stream: ResponsesStream, item: Fields, outputIndex: number, isDone: boolean): void {
  stream.state.hasItems = true;
  const id = nonEmptyString(item['id']);
  if (id !== null) stream.state.itemIndexes[id] = outputIndex;
  const type = nonEmptyString(item['type']) ?? '';
  const reader = lookUp(ITEM_READERS, type);
  if (reader !== undefined) reader(stream, item, outputIndex, isDone);
  else if (isDone) {
    const kind = type.replace(/[^a-z_]/g, '').slice(0, 40);
    lose(stream, 'dropped', '/content', `output item that the Messages API has not: ${kind}`);
  }
}
