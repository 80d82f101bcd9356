import type { CanonicalTool } from '../canonical.ts';
import { createToolUseId, isUsableToolUseId } from '../tool-id.ts';
import { isWholeJsonObject, repairArguments } from '../tool-input.ts';
import { restoreToolName } from '../tool-name.ts';
import { historyToolUseIds } from './history-tool-use-ids.ts';
import { type ChatStream, emit, lose, type Segment, type TextSegment, type ToolSegment } from './stream-state.ts';

/** Stands for a call whose name never came; clients answer it with an "unknown tool" result. */
const UNNAMED_TOOL = 'unnamed_tool';

function requestTools(stream: ChatStream): readonly CanonicalTool[] {
  return stream.context.request.tools ?? [];
}

function allocateToolUseId(stream: ChatStream, segment: ToolSegment, index: number): string {
  const { upstreamId, callNumber } = segment;
  const used = stream.state.toolUseIds;
  if (upstreamId !== null && isUsableToolUseId(upstreamId) && !used.includes(upstreamId)) {
    if (!historyToolUseIds(stream.context.request).has(upstreamId)) return upstreamId;
  }
  const detail = upstreamId === null ? 'upstream sent no tool call id' : 'tool call id repeated or not usable';
  lose(stream, upstreamId === null ? 'repaired' : 'renamed', `/content/${index}/id`, detail);
  return createToolUseId(stream.context.callId, callNumber);
}

/** Starts the block; false while it cannot be started yet. */
function openSegment(stream: ChatStream, segment: Segment, isClosing: boolean): boolean {
  if (segment.index !== null) return true;
  const index = stream.state.nextIndex;
  if (segment.type === 'tool') {
    if (segment.name === null && !isClosing) return false;
    if (segment.name === null) lose(stream, 'repaired', `/content/${index}/name`, 'upstream sent no tool name');
    const name = segment.name === null ? UNNAMED_TOOL : restoreToolName(segment.name, requestTools(stream));
    const id = allocateToolUseId(stream, segment, index);
    stream.state.toolUseIds.push(id);
    emit(stream, { type: 'content_block_start', index, content_block: { type: 'tool_use', id, name, input: {} } });
  } else if (segment.type === 'thinking') {
    const block = { type: 'thinking', thinking: '', signature: '' } as const;
    emit(stream, { type: 'content_block_start', index, content_block: block });
  } else {
    emit(stream, { type: 'content_block_start', index, content_block: { type: 'text', text: '' } });
  }
  segment.index = index;
  stream.state.nextIndex += 1;
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

function requiresInput(stream: ChatStream, name: string | null): boolean {
  const tool = requestTools(stream).find((candidate) => 'name' in candidate && candidate.name === name);
  const schema = tool !== undefined && 'input_schema' in tool ? tool.input_schema : undefined;
  return Array.isArray(schema?.['required']) && schema['required'].length > 0;
}

/** Delivers what was held back of a call that will get no more arguments, and notes what is wrong with them. */
function finishArguments(stream: ChatStream, segment: ToolSegment, index: number): void {
  const { text, repair } = repairArguments(segment.arguments);
  if (!segment.live) {
    emit(stream, { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: text } });
  }
  // Arguments cut off by the output limit are told by the stop reason.
  if (repair === null || stream.state.finishReason === 'length') return;
  const pointer = `/content/${index}/input`;
  if (repair === 'double_encoded') lose(stream, 'repaired', pointer, 'tool arguments were a JSON string of an object');
  if (repair === 'unparsable') lose(stream, 'repaired', pointer, 'tool arguments are no JSON object; text kept as is');
  if (repair === 'empty' && segment.name !== null) {
    const name = restoreToolName(segment.name, requestTools(stream));
    if (requiresInput(stream, name)) lose(stream, 'repaired', pointer, 'empty arguments for a tool that requires some');
  }
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
      finishArguments(stream, head, head.index);
      state.closedKeys.push(head.key);
    }
    emit(stream, { type: 'content_block_stop', index: head.index });
    state.segments.shift();
  }
}
