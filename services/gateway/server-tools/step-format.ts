import type { CanonicalStreamEvent } from '#shared/formats/canonical.ts';
import type { ClientFormat, ClientStreamEncoder } from '#shared/formats/format.ts';
import type { ServerTurn } from './server-turn.ts';
import { turnEvents } from './turn-events.ts';

/**
 * The client's format as one step of a turn is written in it: its events are a part of the turn's, and a whole answer
 * is not written at all, because more may follow.
 *
 * @param turnOf.encoder of the whole turn; null when the answer is not streamed
 * @param turnOf.isWhole whether the step turned out to be all of the answer
 */
export function stepFormat(
  clientFormat: ClientFormat,
  turn: ServerTurn,
  turnOf: { readonly encoder: ClientStreamEncoder | null; readonly isWhole: () => boolean },
): ClientFormat {
  const { encoder, isWhole } = turnOf;
  return {
    ...clientFormat,
    encodeResponse: (message, context) =>
      isWhole() ? clientFormat.encodeResponse(message, context) : { body: null, losses: [] },
    createStreamEncoder: () => ({
      encode: (event) => encodeAll(encoder, isWhole() ? [event] : turnEvents(turn, event)),
      losses: () => (isWhole() ? (encoder?.losses() ?? []) : []),
    }),
  };
}

/** Wire text of events; nothing where nothing is streamed. */
export function encodeAll(encoder: ClientStreamEncoder | null, events: readonly CanonicalStreamEvent[]): string {
  let text = '';
  if (encoder !== null) for (const event of events) text += encoder.encode(event);
  return text;
}
