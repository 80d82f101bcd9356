import type { CanonicalContentBlock } from '../canonical.ts';
import { emit, lose, startBlock } from '../stream-frame.ts';
import { isWholeJsonObject } from '../tool-input.ts';
import { finishArguments, startToolUse } from '../tool-use-block.ts';
import { isAnthropicModel } from './model-traits.ts';
import type { ConverseStream, RedactedSegment, Segment, ThinkingSegment, ToolSegment } from './stream-state.ts';
import { tagSignature } from './tag-signature.ts';

/** Pieces of one blob are base64 each by itself, so several cannot be joined as text. */
function joinBlobs(segment: RedactedSegment): string {
  const [only, ...rest] = segment.blobs;
  if (only !== undefined && rest.length === 0) return only;
  return Buffer.concat(segment.blobs.map((blob) => Buffer.from(blob, 'base64'))).toString('base64');
}

function emptyBlock(segment: Exclude<Segment, ToolSegment>): CanonicalContentBlock {
  if (segment.type === 'text') return { type: 'text', text: '' };
  if (segment.type === 'thinking') return { type: 'thinking', thinking: '', signature: '' };
  return { type: 'redacted_thinking', data: joinBlobs(segment) };
}

function openSegment(stream: ConverseStream, segment: Segment): number {
  segment.index ??=
    segment.type === 'tool'
      ? startToolUse(stream, { id: segment.upstreamId, name: segment.name })
      : startBlock(stream, emptyBlock(segment));
  return segment.index;
}

function writePending(stream: ConverseStream, segment: Segment, index: number): void {
  if (segment.type === 'redacted_thinking') return;
  if (segment.type === 'tool' && segment.arguments.trimStart().startsWith('{')) segment.isLive = true;
  if (segment.pending === '' || (segment.type === 'tool' && !segment.isLive)) return;
  const { pending } = segment;
  const delta =
    segment.type === 'text'
      ? ({ type: 'text_delta', text: pending } as const)
      : segment.type === 'thinking'
        ? ({ type: 'thinking_delta', thinking: pending } as const)
        : ({ type: 'input_json_delta', partial_json: pending } as const);
  emit(stream, { type: 'content_block_delta', index, delta });
  segment.pending = '';
}

/** Anthropic's signatures are good on every host of its models; any other must not look like one of them. */
function writeSignature(stream: ConverseStream, segment: ThinkingSegment, index: number): void {
  if (segment.signature === '') return;
  const signature = isAnthropicModel(stream.context.targetFamily ?? stream.context.targetModel)
    ? segment.signature
    : tagSignature(segment.signature);
  emit(stream, { type: 'content_block_delta', index, delta: { type: 'signature_delta', signature } });
}

/** Blocks end where the upstream says so or goes on to another; a call, only with arguments that are whole. */
function isWhole(segment: Segment, isLast: boolean): boolean {
  if (isLast && !segment.isStopped) return false;
  if (segment.type !== 'tool') return true;
  return isWholeJsonObject(segment.arguments) || (segment.isStopped && segment.arguments.trim() === '');
}

/** No client wants a block without content, and the Messages API refuses one in a history. */
function isBlank(segment: Segment): boolean {
  if (segment.index !== null) return false;
  if (segment.type === 'thinking') return segment.pending === '' && segment.signature === '';
  return segment.type === 'text' && segment.pending.trim() === '';
}

function closeSegment(stream: ConverseStream, segment: Segment, index: number): void {
  if (segment.type === 'tool') {
    finishArguments(stream, {
      index,
      name: segment.name,
      arguments: segment.arguments,
      isDelivered: segment.isLive,
      isCutShort: stream.state.upstreamStopReason === 'max_tokens',
    });
  }
  if (segment.type === 'thinking') writeSignature(stream, segment, index);
  emit(stream, { type: 'content_block_stop', index });
  stream.state.segments.shift();
}

/**
 * Delivers as much as can be: the first segment is streamed, the following ones wait until it is known to be whole.
 * `isClosing` says that the upstream finished, and closes them all.
 */
export function drainSegments(stream: ConverseStream, isClosing: boolean): void {
  const { state } = stream;
  for (let head = state.segments[0]; head !== undefined; head = state.segments[0]) {
    const isLast = state.segments.length === 1;
    const isOnlyText = isClosing && isLast && state.nextIndex === 0 && head.type === 'text';
    if (isBlank(head) && !isOnlyText) {
      if (isLast && !isClosing) return;
      if (head.type === 'text') lose(stream, 'dropped', '/content', 'blank text between blocks');
      state.segments.shift();
      continue;
    }
    // The data of a redacted block is in its start, so it cannot start before it is whole.
    if (head.type === 'redacted_thinking' && !isClosing && !isWhole(head, isLast)) return;
    const index = openSegment(stream, head);
    writePending(stream, head, index);
    if (!isClosing && !isWhole(head, isLast)) return;
    closeSegment(stream, head, index);
  }
}
