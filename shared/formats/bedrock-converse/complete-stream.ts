import { completeMessage } from '../complete-message.ts';
import { decodeStopReason } from './decode-stop-reason.ts';
import type { ConverseStream } from './stream-state.ts';

/** The last events of an answer whose blocks are closed. */
export function completeConverseStream(stream: ConverseStream): void {
  const { state } = stream;
  const stopReason = decodeStopReason(state.upstreamStopReason ?? 'end_turn', state.toolUseIds.length > 0);
  completeMessage(stream, {
    stopReason,
    stopSequence: stopReason === 'stop_sequence' ? state.stopSequence : null,
  });
}
