/** A tool call while its pieces come in. */
interface CollectedToolCall {
  /** Tells the calls of one reply apart; two calls may come under one key after one another. */
  readonly key: string;
  id: string;
  name: string;
  argumentsText: string;
  /** True while the arguments are those with which the block began; deltas, where there are any, replace them. */
  isWhole: boolean;
}

/** What has been read of a reply. */
export interface CollectedReply {
  readonly toolCalls: CollectedToolCall[];
  text: string;
  stopReason: string | null;
  /** False until something was recognised as a reply. */
  isRecognised: boolean;
}

export function createCollectedReply(): CollectedReply {
  return { toolCalls: [], text: '', stopReason: null, isRecognised: false };
}

/** Begins a call. Arguments that are no text are written as JSON. */
export function startCall(
  collected: CollectedReply,
  key: string,
  call: { readonly id: unknown; readonly name: unknown; readonly arguments: unknown },
): void {
  const given = call.arguments;
  const argumentsText = given === undefined ? '' : typeof given === 'string' ? given : JSON.stringify(given);
  const { id, name } = { id: textOrNull(call.id) ?? '', name: textOrNull(call.name) ?? '' };
  collected.toolCalls.push({ key, id, name, argumentsText, isWhole: true });
}

/** Adds a piece to the arguments of the newest call of a key. */
export function addArguments(collected: CollectedReply, key: string, piece: unknown): void {
  const call = collected.toolCalls.findLast((open) => open.key === key);
  if (call === undefined || typeof piece !== 'string') return;
  if (call.isWhole) call.argumentsText = '';
  call.isWhole = false;
  call.argumentsText += piece;
}

export function addText(collected: CollectedReply, piece: unknown): void {
  if (typeof piece === 'string') collected.text += piece;
}

/** Null for anything but a text with something in it. */
export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
