import type { CanonicalContentBlock } from '../canonical.ts';
import { historyToolUseIds } from '../openai-chat/history-tool-use-ids.ts';
import { createToolUseId, isUsableToolUseId } from '../tool-id.ts';
import { isWholeJsonObject, repairArguments } from '../tool-input.ts';
import { restoreToolName } from '../tool-name.ts';
import { isAnthropicModel } from './model-traits.ts';
import {
  type ConverseStream,
  emit,
  lose,
  type RedactedSegment,
  type Segment,
  type ThinkingSegment,
  type ToolSegment,
} from './stream-state.ts';
import { tagSignature } from './tag-signature.ts';

/** Stands for a call whose name never came; clients answer it with an "unknown tool" result. */
const UNNAMED_TOOL = 'unnamed_tool';

function allocateToolUseId(stream: ConverseStream, segment: ToolSegment, index: number): string {
  const { upstreamId, callNumber } = segment;
  const isFree = upstreamId !== null && isUsableToolUseId(upstreamId) && !stream.state.toolUseIds.includes(upstreamId);
  if (isFree && !historyToolUseIds(stream.context.request).has(upstreamId)) return upstreamId;
  const detail = upstreamId === null ? 'upstream sent no tool-use id' : 'tool-use id repeated or not usable';
  lose(stream, upstreamId === null ? 'repaired' : 'renamed', `/content/${index}/id`, detail);
  return createToolUseId(stream.context.callId, callNumber);
}

function startToolBlock(stream: ConverseStream, segment: ToolSegment, index: number): CanonicalContentBlock {
  const { name } = segment;
  if (name === null) lose(stream, 'repaired', `/content/${index}/name`, 'upstream sent no tool name');
  const id = allocateToolUseId(stream, segment, index);
  stream.state.toolUseIds.push(id);
  const restored = name === null ? UNNAMED_TOOL : restoreToolName(name, stream.context.request.tools ?? []);
  return { type: 'tool_use', id, name: restored, input: {} };
}

/** Pieces of one blob are base64 each by itself, so several cannot be joined as text. */
function joinBlobs(segment: RedactedSegment): string {
  const [only, ...rest] = segment.blobs;
  if (only !== undefined && rest.length === 0) return only;
  return Buffer.concat(segment.blobs.map((blob) => Buffer.from(blob, 'base64'))).toString('base64');
}

function openSegment(stream: ConverseStream, segment: Segment): number {
  if (segment.index !== null) return segment.index;
  const index = stream.state.nextIndex;
  const block: CanonicalContentBlock =
    segment.type === 'tool'
      ? startToolBlock(stream, segment, index)
      : segment.type === 'text'
        ? { type: 'text', text: '' }
        : segment.type === 'thinking'
          ? { type: 'thinking', thinking: '', signature: '' }
          : { type: 'redacted_thinking', data: joinBlobs(segment) };
  emit(stream, { type: 'content_block_start', index, content_block: block });
  segment.index = index;
  stream.state.nextIndex += 1;
  return index;
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
  const signature = isAnthropicModel(stream.context.targetModel) ? segment.signature : tagSignature(segment.signature);
  emit(stream, { type: 'content_block_delta', index, delta: { type: 'signature_delta', signature } });
}

/** Delivers what was held back of a call that will get no more arguments, and notes what is wrong with them. */
function finishArguments(stream: ConverseStream, segment: ToolSegment, index: number): void {
  const { text, repair } = repairArguments(segment.arguments);
  if (!segment.isLive) {
    emit(stream, { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: text } });
  }
  // Arguments cut off by the output limit are told by the stop reason.
  if (stream.state.stopReason === 'max_tokens') return;
  const pointer = `/content/${index}/input`;
  if (repair === 'double_encoded') lose(stream, 'repaired', pointer, 'tool arguments were a JSON string of an object');
  if (repair === 'unparsable') lose(stream, 'repaired', pointer, 'tool arguments are no JSON object; text kept as is');
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
  if (segment.type === 'tool') finishArguments(stream, segment, index);
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
