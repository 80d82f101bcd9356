import { brokenUpstream } from '../api-error.ts';
import type { CanonicalStopReason } from '../canonical.ts';
import { completeMessage } from '../complete-message.ts';
import { isJsonObject, nonEmptyString } from '../json-object.ts';
import { fail, lose, startMessage } from '../stream-frame.ts';
import { decodeStopReason } from './decode-stop-reason.ts';
import { decodeUsage } from './decode-usage.ts';
import { drainSegments } from './drain-segments.ts';
import { finishSegment, readItem } from './read-item.ts';
import type { Fields, ResponsesStream } from './stream-state.ts';

/** The final response repeats the output. It is read where nothing was streamed, or a call was left without an end. */
function readFinalOutput(stream: ResponsesStream, output: unknown): void {
  if (!Array.isArray(output)) return;
  const { state } = stream;
  const isUnseen = !state.hasItems;
  for (const [index, item] of output.entries()) {
    if (!isJsonObject(item)) continue;
    if (isUnseen) readItem(stream, item, index, true);
    else {
      const pending = state.segments.find(
        ({ callId, isDone }) => callId !== null && !isDone && callId === item['call_id'],
      );
      if (pending !== undefined) finishSegment(stream, pending, item['arguments']);
    }
  }
}

function stopReasonOf(stream: ResponsesStream, reason: string): CanonicalStopReason {
  const { state } = stream;
  const known = decodeStopReason(reason, state.toolUseIds.length > 0);
  if (reason !== 'completed' && (known === null || known === 'tool_use')) {
    lose(stream, 'approximated', '/stop_reason', 'incomplete for a reason that is not known');
  }
  if (state.isRefusal && known !== 'max_tokens') return 'refusal';
  return known ?? 'max_tokens';
}

/** Takes model and usage from any copy of the response object that an event carries. */
export function readResponseFacts(stream: ResponsesStream, response: Fields): void {
  const { state } = stream;
  state.model ??= nonEmptyString(response['model']);
  state.usage = decodeUsage(response['usage']) ?? state.usage;
}

/** Closes everything: the upstream said that it finished, with this response. */
export function completeResponse(stream: ResponsesStream, response: Fields): void {
  const { state } = stream;
  readResponseFacts(stream, response);
  const { incomplete_details: incomplete, status } = response;
  const why = isJsonObject(incomplete) ? nonEmptyString(incomplete['reason']) : null;
  const reason = why ?? (status === 'incomplete' ? 'incomplete' : 'completed');
  state.upstreamStopReason = reason;
  readFinalOutput(stream, response['output']);
  if (status === 'cancelled') {
    fail(stream, brokenUpstream('The upstream cancelled its answer.'));
    return;
  }
  startMessage(stream);
  drainSegments(stream, true);
  completeMessage(stream, { stopReason: stopReasonOf(stream, reason) });
}
