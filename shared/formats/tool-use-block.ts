import type { CanonicalBody } from './canonical.ts';
import { historyToolUseIds } from './history-tool-use-ids.ts';
import { type DecoderStream, emit, lose, startBlock } from './stream-frame.ts';
import { createToolUseId, isUsableToolUseId } from './tool-id.ts';
import { type RepairedArguments, repairArguments } from './tool-input.ts';
import { restoreToolName } from './tool-name.ts';

/** Stands for a call whose name never came; clients answer it with an "unknown tool" result. */
const UNNAMED_TOOL = 'unnamed_tool';

/** A call as the upstream describes it. */
export interface UpstreamCall {
  readonly id: string | null;
  readonly name: string | null;
  /** The server sends no ids by nature, so that one is made without a word. */
  readonly isWithoutIds?: boolean;
  /** The client's name for the upstream's, where the format shortens names in its own way. */
  readonly restoreName?: typeof restoreToolName;
}

/** The upstream's id where a client can pair by it: usable, and new in the whole conversation. */
function allocateToolUseId(stream: DecoderStream, call: Pick<UpstreamCall, 'id' | 'isWithoutIds'>): string {
  const { state, context } = stream;
  const { id } = call;
  const isNew = id !== null && !state.toolUseIds.includes(id) && !historyToolUseIds(context.request).has(id);
  if (isNew && isUsableToolUseId(id)) return id;
  const pointer = `/content/${state.nextIndex}/id`;
  if (id !== null) lose(stream, 'renamed', pointer, 'tool call id repeated or not usable');
  else if (call.isWithoutIds !== true) lose(stream, 'repaired', pointer, 'upstream sent no tool call id');
  return createToolUseId(context.callId, state.toolUseIds.length);
}

/** An id for a call of the answer, which no later call of it can have. */
export function claimToolUseId(stream: DecoderStream, call: Pick<UpstreamCall, 'id' | 'isWithoutIds'>): string {
  const id = allocateToolUseId(stream, call);
  stream.state.toolUseIds.push(id);
  return id;
}

/** The client's name for a tool that the upstream called. */
function toolNameOf(stream: DecoderStream, call: UpstreamCall): string {
  if (call.name === null) {
    lose(stream, 'repaired', `/content/${stream.state.nextIndex}/name`, 'upstream sent no tool name');
    return UNNAMED_TOOL;
  }
  return (call.restoreName ?? restoreToolName)(call.name, stream.context.request.tools ?? []);
}

/** Starts the block of a call under the client's name for its tool, and returns its index. */
export function startToolUse(stream: DecoderStream, call: UpstreamCall): number {
  const name = toolNameOf(stream, call);
  const id = claimToolUseId(stream, call);
  return startBlock(stream, { type: 'tool_use', id, name, input: {} });
}

function requiresInput(request: CanonicalBody, name: string): boolean {
  const tool = request.tools?.find((candidate) => 'name' in candidate && candidate.name === name);
  const schema = tool !== undefined && 'input_schema' in tool ? tool.input_schema : undefined;
  return Array.isArray(schema?.['required']) && schema['required'].length > 0;
}

/** Notes a call without arguments of a tool that cannot do without; `name` is the client's. */
export function noteEmptyInput(stream: DecoderStream, index: number, name: string): void {
  if (!requiresInput(stream.context.request, name)) return;
  lose(stream, 'repaired', `/content/${index}/input`, 'empty arguments for a tool that requires some');
}

const REPAIRS: Readonly<Partial<Record<NonNullable<RepairedArguments['repair']>, string>>> = {
  double_encoded: 'tool arguments were a JSON string of an object',
  unparsable: 'tool arguments are no JSON object; text kept as is',
};

export interface FinishedCall {
  readonly index: number;
  /** The upstream's name. */
  readonly name: string | null;
  readonly arguments: string;
  /** The client got them as they came. */
  readonly isDelivered: boolean;
  /** The output limit cut them off, which the stop reason tells. */
  readonly isCutShort: boolean;
}

/** Delivers what was held back of a call that will get no more arguments, and notes what is wrong with them. */
export function finishArguments(stream: DecoderStream, call: FinishedCall): void {
  const { index } = call;
  const { text, repair } = repairArguments(call.arguments);
  if (!call.isDelivered) {
    emit(stream, { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: text } });
  }
  const isEmpty = repair === 'empty' || text.trim() === '{}';
  if ((repair === null && !isEmpty) || call.isCutShort) return;
  const detail = repair === null ? undefined : REPAIRS[repair];
  if (detail !== undefined) lose(stream, 'repaired', `/content/${index}/input`, detail);
  else if (isEmpty && call.name !== null) {
    noteEmptyInput(stream, index, restoreToolName(call.name, stream.context.request.tools ?? []));
  }
}
