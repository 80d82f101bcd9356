import { emit, startBlock } from '../stream-frame.ts';
import { finishArguments, startToolUse } from '../tool-use-block.ts';
import { segmentKey } from './segments.ts';
import type { ResponsesStream, Segment } from './stream-state.ts';

function open(stream: ResponsesStream, segment: Segment): number {
  const index =
    segment.type === 'tool'
      ? startToolUse(stream, { id: segment.callId, name: segment.name })
      : startBlock(
          stream,
          segment.type === 'text' ? { type: 'text', text: '' } : { type: 'thinking', thinking: '', signature: '' },
        );
  segment.index = index;
  return index;
}

function write(stream: ResponsesStream, segment: Segment, index: number): void {
  const piece = segment.text.slice(segment.written);
  if (piece === '') return;
  // Arguments that do not open an object may have to be repaired, and are held back to the end.
  if (segment.type === 'tool' && !segment.text.trimStart().startsWith('{')) return;
  segment.written = segment.text.length;
  const delta =
    segment.type === 'text'
      ? ({ type: 'text_delta', text: piece } as const)
      : segment.type === 'thinking'
        ? ({ type: 'thinking_delta', thinking: piece } as const)
        : ({ type: 'input_json_delta', partial_json: piece } as const);
  emit(stream, { type: 'content_block_delta', index, delta });
}

function close(stream: ResponsesStream, segment: Segment, index: number): void {
  if (segment.type === 'tool') {
    finishArguments(stream, {
      index,
      name: segment.name,
      arguments: segment.text,
      isDelivered: segment.written > 0,
      isCutShort: stream.state.upstreamStopReason === 'max_output_tokens',
    });
  }
  if (segment.type === 'thinking' && segment.signature !== '') {
    const delta = { type: 'signature_delta', signature: segment.signature } as const;
    emit(stream, { type: 'content_block_delta', index, delta });
  }
  emit(stream, { type: 'content_block_stop', index });
}

/** Reasoning that was neither shown nor has to be given back, and text that never came, make no block. */
function isEmpty(segment: Segment): boolean {
  return segment.type !== 'tool' && segment.text === '' && segment.signature === '';
}

/** Whether there is something to start a block with; a call is shown once it has its name. */
function canOpen(segment: Segment): boolean {
  return segment.type === 'tool' ? segment.name !== null : segment.text !== '';
}

/**
 * Delivers as much as can be: the first segment is streamed, the following ones wait until the upstream says that it is
 * whole. `isClosing` says that the upstream finished, and closes them all.
 */
export function drainSegments(stream: ResponsesStream, isClosing: boolean): void {
  const { state } = stream;
  for (let head = state.segments[0]; head !== undefined; head = state.segments[0]) {
    const isWhole = isClosing || head.isDone;
    if (isWhole && isEmpty(head)) {
      state.delivered[segmentKey(head)] = 0;
      state.segments.shift();
      continue;
    }
    if (head.index === null && !isWhole && !canOpen(head)) return;
    const index = head.index ?? open(stream, head);
    write(stream, head, index);
    if (!isWhole) return;
    close(stream, head, index);
    state.delivered[segmentKey(head)] = head.text.length;
    state.segments.shift();
  }
}
