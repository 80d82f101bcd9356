import { emit, lose, startBlock } from '../stream-frame.ts';
import { noteEmptyInput } from '../tool-use-block.ts';
import { closeArguments } from './partial-arguments.ts';
import type { GeminiStream, OpenText, OpenTool } from './stream-state.ts';
import { tagSignature } from './thought-signature.ts';

function startText(stream: GeminiStream, open: OpenText): number {
  const index = open.index ?? startBlock(stream, { type: 'text', text: '' });
  open.index = index;
  if (open.pending !== '') {
    emit(stream, { type: 'content_block_delta', index, delta: { type: 'text_delta', text: open.pending } });
    open.pending = '';
  }
  return index;
}

export function addText(stream: GeminiStream, text: string): void {
  if (text === '') return;
  const { state } = stream;
  state.outputCharacters += text.length;
  if (state.open?.type !== 'text') {
    closeOpenBlock(stream);
    state.open = { type: 'text', index: null, pending: '' };
  }
  state.open.pending += text;
  if (state.open.index !== null || state.open.pending.trim() !== '') startText(stream, state.open);
}

function openThinking(stream: GeminiStream): void {
  closeOpenBlock(stream);
  const index = startBlock(stream, { type: 'thinking', thinking: '', signature: '' });
  stream.state.open = { type: 'thinking', index, signature: null };
}

/** Adds a thought, and the signature that came with it. */
export function addThought(stream: GeminiStream, text: string, signature: string | null): void {
  if (text === '' && signature === null) return;
  const { state } = stream;
  if (state.open?.type !== 'thinking' || state.open.signature !== null) openThinking(stream);
  if (state.open?.type !== 'thinking') return;
  if (text !== '') {
    state.outputCharacters += text.length;
    const delta = { type: 'thinking_delta', thinking: text } as const;
    emit(stream, { type: 'content_block_delta', index: state.open.index, delta });
  }
  if (signature !== null) state.open.signature = tagSignature({ of: 'thought', signature });
}

/** Puts the signature of a call into the thinking block before it, or into one of its own. */
export function addCallSignature(stream: GeminiStream, signature: string): void {
  const { state } = stream;
  if (state.open?.type !== 'thinking' || state.open.signature !== null) openThinking(stream);
  if (state.open?.type === 'thinking') state.open.signature = tagSignature({ of: 'call', signature });
}

export function writeArguments(stream: GeminiStream, open: OpenTool, text: string): void {
  if (text === '') return;
  stream.state.outputCharacters += text.length;
  const delta = { type: 'input_json_delta', partial_json: text } as const;
  emit(stream, { type: 'content_block_delta', index: open.index, delta });
}

/** Ends the arguments of a call. */
export function finishArguments(stream: GeminiStream, open: OpenTool): void {
  open.continues = false;
  if (open.arguments.late.length > 0) {
    lose(
      stream,
      'repaired',
      `/content/${open.index}/input`,
      'arguments that came out of order are said again at the end',
    );
  }
  writeArguments(stream, open, closeArguments(open.arguments));
}

function closeTool(stream: GeminiStream, open: OpenTool): void {
  const pointer = `/content/${open.index}/input`;
  const isCutShort = stream.state.upstreamStopReason === 'MAX_TOKENS';
  if (open.continues && !isCutShort) {
    lose(stream, 'repaired', pointer, 'call without an end; its arguments closed');
    finishArguments(stream, open);
  }
  if (open.isEmpty && !isCutShort) noteEmptyInput(stream, open.index, open.name);
}

/** Ends the open block, if there is one. `isLast` says that the upstream finished. */
export function closeOpenBlock(stream: GeminiStream, isLast = false): void {
  const { open } = stream.state;
  if (open === null) return;
  stream.state.open = null;
  if (open.type === 'text' && open.index === null) {
    // No client wants blank text as a block beside others, and the Messages API refuses it in a history.
    if (!isLast || stream.state.nextIndex > 0) {
      lose(stream, 'dropped', '/content', 'blank text between blocks');
      return;
    }
    startText(stream, open);
  }
  if (open.index === null) return;
  if (open.type === 'tool') closeTool(stream, open);
  if (open.type === 'thinking' && open.signature !== null) {
    const delta = { type: 'signature_delta', signature: open.signature } as const;
    emit(stream, { type: 'content_block_delta', index: open.index, delta });
  }
  emit(stream, { type: 'content_block_stop', index: open.index });
}
