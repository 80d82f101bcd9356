import type { AnswerContext } from '#shared/formats/format.ts';
import type { RoutedCall } from './routed-call.ts';

/** What the client's format may know of the call whose answer it writes. */
export function answerContext({ incoming, canonical }: RoutedCall): AnswerContext {
  return {
    callId: incoming.callId,
    nowSeconds: Math.floor(incoming.startedAtMs / 1000),
    request: canonical,
  };
}
