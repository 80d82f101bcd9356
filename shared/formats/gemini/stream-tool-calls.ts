import { brokenUpstream } from '../api-error.ts';
import { isJsonObject, type JsonObject, nonEmptyString } from '../json-object.ts';
import { fail, lose } from '../stream-frame.ts';
import { startToolUse } from '../tool-use-block.ts';
import { parseJsonPath } from './json-path.ts';
import { type ArgumentPiece, addArgument, createPartialArguments } from './partial-arguments.ts';
import { addCallSignature, closeOpenBlock, finishArguments, writeArguments } from './stream-blocks.ts';
import type { GeminiStream, OpenTool } from './stream-state.ts';
import { restoreGeminiToolName } from './tool-name.ts';

function openTool(stream: GeminiStream, call: JsonObject): OpenTool {
  closeOpenBlock(stream);
  const upstreamName = nonEmptyString(call['name']);
  // Most models send no ids.
  const index = startToolUse(stream, {
    id: nonEmptyString(call['id']),
    name: upstreamName,
    isWithoutIds: true,
    restoreName: restoreGeminiToolName,
  });
  const open: OpenTool = {
    type: 'tool',
    index,
    upstreamName,
    name: upstreamName === null ? '' : restoreGeminiToolName(upstreamName, stream.context.request.tools ?? []),
    arguments: createPartialArguments(),
    continues: true,
    isEmpty: true,
  };
  stream.state.open = open;
  return open;
}

/** The call that a part goes on with, or null when it starts one. A call is over only when the upstream ends it. */
function continuedCall(stream: GeminiStream, call: JsonObject): OpenTool | null {
  const { open } = stream.state;
  if (open?.type !== 'tool' || !open.continues) return null;
  const name = nonEmptyString(call['name']);
  if (name === null) return open;
  // A name beside pieces is a repetition; without any it starts another call of the same tool.
  return name === open.upstreamName && Array.isArray(call['partialArgs']) ? open : null;
}

function pieceValue(piece: JsonObject): ArgumentPiece['value'] | undefined {
  const { stringValue, numberValue, boolValue, nullValue } = piece;
  if (typeof stringValue === 'string') return stringValue;
  if (typeof numberValue === 'number') return numberValue;
  if (typeof boolValue === 'boolean') return boolValue;
  if (nullValue !== undefined) return null;
  // A string that has not begun.
  return piece['willContinue'] === true ? '' : undefined;
}

/** The arguments in a part, whole or in pieces; null when one of them cannot be read. */
function readPieces(call: JsonObject): readonly ArgumentPiece[] | null {
  const pieces: ArgumentPiece[] = [];
  const { args, partialArgs } = call;
  for (const [name, value] of Object.entries(isJsonObject(args) ? args : {})) {
    pieces.push({ path: [name], value: value as ArgumentPiece['value'], continues: false });
  }
  for (const piece of Array.isArray(partialArgs) ? partialArgs : []) {
    const path = isJsonObject(piece) ? parseJsonPath(String(piece['jsonPath'])) : null;
    const value = isJsonObject(piece) ? pieceValue(piece) : undefined;
    if (path === null || value === undefined || !isJsonObject(piece)) return null;
    pieces.push({ path, value, continues: piece['willContinue'] === true });
  }
  return pieces;
}

function addPieces(stream: GeminiStream, open: OpenTool, pieces: readonly ArgumentPiece[] | null): boolean {
  let text = '';
  for (const piece of pieces ?? []) {
    const written = addArgument(open.arguments, piece);
    if (written === null) return false;
    text += written;
  }
  if (pieces !== null && pieces.length > 0) open.isEmpty = false;
  writeArguments(stream, open, text);
  return pieces !== null;
}

/** Adds a `functionCall` part: a whole call, or a piece of one whose arguments are streamed. */
export function addFunctionCall(stream: GeminiStream, call: JsonObject, signature: string | null): void {
  let open = continuedCall(stream, call);
  const hasContent = nonEmptyString(call['name']) !== null || isJsonObject(call['args']) || 'partialArgs' in call;
  // The end of a call that is over already.
  if (open === null && !hasContent) return;
  if (open === null) {
    if (signature !== null) addCallSignature(stream, signature);
    open = openTool(stream, call);
  } else if (signature !== null) lose(stream, 'dropped', '/content', 'thought signature inside a call');
  if (!addPieces(stream, open, readPieces(call))) {
    fail(stream, brokenUpstream('The upstream sent arguments of a tool call that cannot be put together.'));
    return;
  }
  if (call['willContinue'] !== true) finishArguments(stream, open);
}
