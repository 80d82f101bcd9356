import { completeMessage } from '../complete-message.ts';
import { startMessage } from '../stream-frame.ts';
import { decodeStopReason } from './decode-stop-reason.ts';
import { drainSegments } from './drain-segments.ts';
import type { ConverseStream } from './stream-state.ts';

/** Closes everything: the upstream said that it finished. */
export function completeConverseStream(stream: ConverseStream): void {
  const { state } = stream;
  startMessage(stream);
  // What came behind the stop is closed, too.
  drainSegments(stream, true);
  const stopReason = decodeStopReason(state.upstreamStopReason ?? 'end_turn', state.toolUseIds.length > 0);
  completeMessage(stream, {
    stopReason,
    stopSequence: stopReason === 'stop_sequence' ? state.stopSequence : null,
  });
}
