import { emit, lose, startBlock } from '../stream-frame.ts';
import { isWholeJsonObject } from '../tool-input.ts';
import { finishArguments, startToolUse } from '../tool-use-block.ts';
import { decodeStopReason } from './decode-stop-reason.ts';
import type { ChatStream, Segment, TextSegment, ToolSegment } from './stream-state.ts';

/** Starts the block; false while it cannot be started yet. */
function openSegment(stream: ChatStream, segment: Segment, isClosing: boolean): boolean {
  if (segment.index !== null) return true;
  if (segment.type === 'tool') {
    if (segment.name === null && !isClosing) return false;
    segment.index = startToolUse(stream, { id: segment.upstreamId, name: segment.name });
  } else if (segment.type === 'thinking') {
    segment.index = startBlock(stream, { type: 'thinking', thinking: '', signature: '' });
  } else segment.index = startBlock(stream, { type: 'text', text: '' });
  return true;
}

function writeText(stream: ChatStream, segment: TextSegment, index: number): void {
  if (segment.pending === '') return;
  const delta =
    segment.type === 'text'
      ? ({ type: 'text_delta', text: segment.pending } as const)
      : ({ type: 'thinking_delta', thinking: segment.pending } as const);
  emit(stream, { type: 'content_block_delta', index, delta });
  segment.pending = '';
}

function writeArguments(stream: ChatStream, segment: ToolSegment, index: number): void {
  if (!segment.live && segment.arguments.trimStart().startsWith('{')) segment.live = true;
  if (!segment.live || segment.pending === '') return;
  const delta = { type: 'input_json_delta', partial_json: segment.pending } as const;
  emit(stream, { type: 'content_block_delta', index, delta });
  segment.pending = '';
}

/** A text block ends where the next one starts; a call only when its arguments are one whole object. */
function isWhole(segment: Segment): boolean {
  return segment.type !== 'tool' || isWholeJsonObject(segment.arguments);
}

/** Blank text between blocks: no client wants it as a block, and the Messages API refuses it in a history. */
function isBlankText(segment: Segment): boolean {
  return segment.type === 'text' && segment.index === null && segment.pending.trim() === '';
}

/**
 * Delivers as much as can be: the first segment is streamed, the following ones wait until it is known to be whole.
 * `isClosing` says that the upstream finished, and closes them all.
 */
export function drainSegments(stream: ChatStream, isClosing: boolean): void {
  const { state } = stream;
  for (let head = state.segments[0]; head !== undefined; head = state.segments[0]) {
    const isLast = state.segments.length === 1;
    const isOnlyBlock = isClosing && isLast && state.nextIndex === 0;
    if (isBlankText(head) && !isOnlyBlock) {
      if (isLast && !isClosing) return;
      lose(stream, 'dropped', '/content', 'blank text between blocks');
      state.segments.shift();
      continue;
    }
    if (!openSegment(stream, head, isClosing) || head.index === null) return;
    if (head.type === 'tool') writeArguments(stream, head, head.index);
    else writeText(stream, head, head.index);
    if (!isClosing && (isLast || !isWhole(head))) return;
    if (head.type === 'tool') {
      finishArguments(stream, {
        index: head.index,
        name: head.name,
        arguments: head.arguments,
        isDelivered: head.live,
        isCutShort: decodeStopReason(state.upstreamStopReason, true) === 'max_tokens',
      });
      state.closedKeys.push(head.key);
    }
    emit(stream, { type: 'content_block_stop', index: head.index });
    state.segments.shift();
  }
}
