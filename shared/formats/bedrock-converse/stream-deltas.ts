import { lookUp } from '../../look-up.ts';
import { isJsonObject, type JsonObject } from '../json-object.ts';
import { lose } from '../stream-frame.ts';
import type { ConverseStream, Segment, ToolSegment } from './stream-state.ts';

function addSegment<Added extends Segment>(stream: ConverseStream, segment: Added): Added {
  stream.state.segments.push(segment);
  return segment;
}

/** The block that a delta of `type` belongs to: the one at its index, or a new one when that is of another kind. */
function segmentFor<Type extends Segment['type']>(
  stream: ConverseStream,
  key: number,
  type: Type,
): Extract<Segment, { type: Type }> | undefined {
  const last = stream.state.segments.findLast((segment) => segment.key === key && !segment.isStopped);
  return last?.type === type ? (last as Extract<Segment, { type: Type }>) : undefined;
}

function addText(stream: ConverseStream, key: number, text: unknown): void {
  if (typeof text !== 'string' || text === '') return;
  const segment =
    segmentFor(stream, key, 'text') ??
    addSegment(stream, { type: 'text', key, index: null, isStopped: false, pending: '' });
  segment.pending += text;
  stream.state.outputCharacters += text.length;
}

function addThinking(stream: ConverseStream, key: number, text: unknown, signature: unknown): void {
  const segment =
    segmentFor(stream, key, 'thinking') ??
    addSegment(stream, { type: 'thinking', key, index: null, isStopped: false, pending: '', signature: '' });
  if (typeof text === 'string') {
    segment.pending += text;
    stream.state.outputCharacters += text.length;
  }
  if (typeof signature === 'string') segment.signature += signature;
}

function addRedacted(stream: ConverseStream, key: number, blob: string): void {
  const segment =
    segmentFor(stream, key, 'redacted_thinking') ??
    addSegment(stream, { type: 'redacted_thinking', key, index: null, isStopped: false, blobs: [] });
  segment.blobs.push(blob);
}

function addReasoning(stream: ConverseStream, key: number, value: unknown): void {
  if (!isJsonObject(value)) return;
  // Whole answers wrap what a stream sends piece by piece.
  const { reasoningText } = value;
  const reasoning = isJsonObject(reasoningText) ? reasoningText : value;
  const { redactedContent } = value;
  if (typeof redactedContent === 'string') addRedacted(stream, key, redactedContent);
  else addThinking(stream, key, reasoning['text'], reasoning['signature']);
}

/** Arguments come as pieces of text in a stream and as an object in a whole answer. */
function addToolUse(stream: ConverseStream, key: number, value: unknown): void {
  if (!isJsonObject(value)) return;
  const { input } = value;
  const text = typeof input === 'string' ? input : input === undefined || input === null ? '' : JSON.stringify(input);
  const segment = segmentFor(stream, key, 'tool') ?? startLateTool(stream, key, text);
  if (segment === null) return;
  segment.arguments += text;
  segment.pending += text;
  stream.state.outputCharacters += text.length;
}

/** Arguments whose call was never started, or has ended. */
function startLateTool(stream: ConverseStream, key: number, text: string): ToolSegment | null {
  if (text.trim() === '') return null;
  const isOver = stream.state.segments.some((segment) => segment.key === key) || key < stream.state.nextIndex;
  if (!isOver) return startTool(stream, key, {});
  lose(stream, 'dropped', '/content', 'arguments after the end of a tool call');
  return null;
}

function addCitations(stream: ConverseStream, key: number, value: unknown): void {
  if (!isJsonObject(value)) return;
  const content: unknown[] = Array.isArray(value['content']) ? value['content'] : [];
  for (const part of content) if (isJsonObject(part)) addText(stream, key, part['text']);
  noteCitation(stream);
}

function noteCitation(stream: ConverseStream): void {
  lose(stream, 'dropped', '/content', 'citations of the text');
}

/** By the member that a delta, or a block of a whole answer, consists of. */
const MEMBER_HANDLERS: Readonly<Record<string, (stream: ConverseStream, key: number, value: unknown) => void>> = {
  text: addText,
  reasoningContent: addReasoning,
  toolUse: addToolUse,
  citationsContent: addCitations,
  citation: noteCitation,
};

/** Members that say what kind of block it is, as AWS's own samples add; they are no content. */
const LABELS: ReadonlySet<string> = new Set(['type']);

/** Adds one delta, or one block of a whole answer, to the segments. */
export function addDelta(stream: ConverseStream, key: number, delta: JsonObject): void {
  for (const [member, value] of Object.entries(delta)) {
    const handler = lookUp(MEMBER_HANDLERS, member);
    if (handler !== undefined) handler(stream, key, value);
    else if (!LABELS.has(member))
      lose(stream, 'dropped', '/content', 'content of a kind that the Messages API has not');
  }
}

export function startTool(stream: ConverseStream, key: number, start: JsonObject): ToolSegment {
  const { toolUseId, name } = start;
  return addSegment(stream, {
    type: 'tool',
    key,
    index: null,
    isStopped: false,
    upstreamId: typeof toolUseId === 'string' && toolUseId !== '' ? toolUseId : null,
    name: typeof name === 'string' && name !== '' ? name : null,
    arguments: '',
    pending: '',
    isLive: false,
  });
}

/** `contentBlockStop`: nothing more comes for this block. */
export function stopSegment(stream: ConverseStream, key: number): void {
  for (const segment of stream.state.segments) if (segment.key === key) segment.isStopped = true;
}
