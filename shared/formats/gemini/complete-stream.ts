import { completeMessage } from '../complete-message.ts';
import { startMessage } from '../stream-frame.ts';
import { decodeStopReason } from './decode-stop-reason.ts';
import { closeOpenBlock } from './stream-blocks.ts';
import type { GeminiStream } from './stream-state.ts';

/** Closes everything: the upstream said that it finished. Gemini says STOP for a stop sequence too, and not which. */
export function completeGeminiStream(stream: GeminiStream): void {
  const { state } = stream;
  startMessage(stream);
  closeOpenBlock(stream, true);
  const known = decodeStopReason(state.upstreamStopReason, state.toolUseIds.length > 0);
  const stopReason = state.isBlocked ? 'refusal' : known;
  // A refusal says why, where it is told.
  completeMessage(stream, { stopReason, emptyText: stopReason === 'refusal' ? state.refusalText : null });
}
