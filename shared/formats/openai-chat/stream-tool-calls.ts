import { isJsonObject, nonEmptyString } from '../json-object.ts';
import { lose } from '../stream-frame.ts';
import { isWholeJsonObject } from '../tool-input.ts';
import type { ChatStream, ToolSegment } from './stream-state.ts';

/** One entry of `tool_calls`, in whatever of its parts the server sent this time. */
interface ToolCallPiece {
  readonly key: number | null;
  readonly id: string | null;
  readonly name: string | null;
  readonly arguments: string;
}

function readPiece(entry: unknown): ToolCallPiece | null {
  if (!isJsonObject(entry)) return null;
  const called = isJsonObject(entry['function']) ? entry['function'] : {};
  const given = called['arguments'];
  return {
    key: typeof entry['index'] === 'number' ? entry['index'] : null,
    id: nonEmptyString(entry['id']),
    name: nonEmptyString(called['name']),
    // Some servers send the arguments as an object.
    arguments: typeof given === 'string' ? given : isJsonObject(given) ? JSON.stringify(given) : '',
  };
}

/**
 * Whether a piece belongs to a new call although its index points at a known one: servers that always say index 0, or
 * none, tell calls apart only by a new name or id after whole arguments. A server that repeats the name, or invents a
 * new id, with every piece must not be split.
 */
function startsNewCall(current: ToolSegment, piece: ToolCallPiece): boolean {
  if (piece.name === null || current.name === null) return false;
  if (piece.id !== null && piece.id === current.upstreamId) return false;
  const hasNewId = piece.id !== null && current.upstreamId !== null;
  const hasNewName = piece.name !== current.name;
  if (isWholeJsonObject(current.arguments)) return hasNewId || hasNewName || piece.arguments !== '';
  return hasNewName || (hasNewId && current.arguments.trim() === '');
}

function findCurrent(stream: ChatStream, piece: ToolCallPiece): ToolSegment | undefined {
  const tools = stream.state.segments.filter((segment): segment is ToolSegment => segment.type === 'tool');
  if (piece.key !== null) return tools.findLast((segment) => segment.key === piece.key);
  if (piece.id !== null) return tools.findLast((segment) => segment.upstreamId === piece.id);
  return tools.at(-1);
}

function addSegment(stream: ChatStream, piece: ToolCallPiece): ToolSegment {
  const { state } = stream;
  const segment: ToolSegment = {
    type: 'tool',
    key: piece.key ?? -1 - state.callCount,
    upstreamId: null,
    name: null,
    arguments: '',
    index: null,
    pending: '',
    live: false,
  };
  state.callCount += 1;
  state.segments.push(segment);
  return segment;
}

function addPiece(stream: ChatStream, piece: ToolCallPiece): void {
  let segment = findCurrent(stream, piece);
  if (segment === undefined || startsNewCall(segment, piece)) {
    const isLate = piece.name === null && piece.key !== null && stream.state.closedKeys.includes(piece.key);
    if (isLate || (piece.name === null && piece.id === null && piece.arguments === '')) {
      if (piece.arguments.trim() !== '') lose(stream, 'dropped', '/content', 'arguments after the end of a tool call');
      return;
    }
    segment = addSegment(stream, piece);
  }
  segment.upstreamId ??= piece.id;
  segment.name ??= piece.name;
  segment.arguments += piece.arguments;
  segment.pending += piece.arguments;
  stream.state.outputCharacters += piece.arguments.length;
}

/** Adds the `tool_calls` of one delta. */
export function addToolCalls(stream: ChatStream, value: unknown): void {
  if (!Array.isArray(value)) return;
  for (const entry of value) {
    const piece = readPiece(entry);
    if (piece !== null) addPiece(stream, piece);
  }
}

/** Adds the `function_call` of servers that know one call per answer only. */
export function addFunctionCall(stream: ChatStream, value: unknown): void {
  const piece = readPiece({ index: 0, function: value });
  if (piece !== null && isJsonObject(value)) addPiece(stream, piece);
}
