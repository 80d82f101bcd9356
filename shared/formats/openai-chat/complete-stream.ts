import { completeMessage } from '../complete-message.ts';
import { startMessage } from '../stream-frame.ts';
import { decodeStopReason } from './decode-stop-reason.ts';
import { drainSegments } from './drain-segments.ts';
import { endThinkTags } from './stream-deltas.ts';
import type { ChatStream } from './stream-state.ts';

/** Closes everything: the upstream said that it finished. */
export function completeChatStream(stream: ChatStream): void {
  const { state } = stream;
  startMessage(stream);
  endThinkTags(stream);
  drainSegments(stream, true);
  const known = decodeStopReason(state.upstreamStopReason, state.toolUseIds.length > 0);
  const stopReason = state.isRefusal ? 'refusal' : known;
  const isStopSequence = stopReason === 'end_turn' && state.stopSequence !== null;
  completeMessage(
    stream,
    isStopSequence ? { stopReason: 'stop_sequence', stopSequence: state.stopSequence } : { stopReason },
  );
}
