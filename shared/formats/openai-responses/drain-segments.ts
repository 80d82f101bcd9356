import type { CanonicalTool } from '../canonical.ts';
import { historyToolUseIds } from '../openai-chat/history-tool-use-ids.ts';
import { createToolUseId, isUsableToolUseId } from '../tool-id.ts';
import { repairArguments } from '../tool-input.ts';
import { restoreToolName } from '../tool-name.ts';
import { segmentKey } from './segments.ts';
import { emit, lose, type ResponsesStream, type Segment } from './stream-state.ts';

/** Stands for a call whose name never came; clients answer it with an "unknown tool" result. */
const UNNAMED_TOOL = 'unnamed_tool';

function requestTools(stream: ResponsesStream): readonly CanonicalTool[] {
  return stream.context.request.tools ?? [];
}

/** The upstream's call id where a client can pair by it: usable, and new in the whole conversation. */
function allocateToolUseId(stream: ResponsesStream, { callId }: Segment, index: number): string {
  const { state, context } = stream;
  const number = state.callCount;
  state.callCount += 1;
  const isNew =
    callId !== null && !state.toolUseIds.includes(callId) && !historyToolUseIds(context.request).has(callId);
  if (callId !== null && isNew && isUsableToolUseId(callId)) return callId;
  const detail = callId === null ? 'upstream sent no tool call id' : 'tool call id repeated or not usable';
  lose(stream, callId === null ? 'repaired' : 'renamed', `/content/${index}/id`, detail);
  return createToolUseId(context.callId, number);
}

function openTool(stream: ResponsesStream, segment: Segment, index: number): void {
  if (segment.name === null) lose(stream, 'repaired', `/content/${index}/name`, 'upstream sent no tool name');
  const name = segment.name === null ? UNNAMED_TOOL : restoreToolName(segment.name, requestTools(stream));
  const id = allocateToolUseId(stream, segment, index);
  stream.state.toolUseIds.push(id);
  emit(stream, { type: 'content_block_start', index, content_block: { type: 'tool_use', id, name, input: {} } });
}

function open(stream: ResponsesStream, segment: Segment): number {
  const { state } = stream;
  const index = state.nextIndex;
  if (segment.type === 'tool') openTool(stream, segment, index);
  else {
    const content_block =
      segment.type === 'text'
        ? ({ type: 'text', text: '' } as const)
        : ({ type: 'thinking', thinking: '', signature: '' } as const);
    emit(stream, { type: 'content_block_start', index, content_block });
  }
  segment.index = index;
  state.nextIndex += 1;
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

function requiresInput(stream: ResponsesStream, name: string | null): boolean {
  const wanted = name === null ? null : restoreToolName(name, requestTools(stream));
  const tool = requestTools(stream).find((candidate) => 'name' in candidate && candidate.name === wanted);
  const schema = tool !== undefined && 'input_schema' in tool ? tool.input_schema : undefined;
  return Array.isArray(schema?.['required']) && schema['required'].length > 0;
}

function finishArguments(stream: ResponsesStream, segment: Segment, index: number): void {
  const { text, repair } = repairArguments(segment.text);
  if (segment.written === 0) {
    emit(stream, { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: text } });
  }
  // Arguments cut off by the output limit are told by the stop reason.
  if (repair === null || stream.state.stopReason === 'max_output_tokens') return;
  const pointer = `/content/${index}/input`;
  if (repair === 'double_encoded') lose(stream, 'repaired', pointer, 'tool arguments were a JSON string of an object');
  if (repair === 'unparsable') lose(stream, 'repaired', pointer, 'tool arguments are no JSON object; text kept as is');
  if (repair === 'empty' && requiresInput(stream, segment.name)) {
    lose(stream, 'repaired', pointer, 'empty arguments for a tool that requires some');
  }
}

function close(stream: ResponsesStream, segment: Segment, index: number): void {
  if (segment.type === 'tool') finishArguments(stream, segment, index);
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
