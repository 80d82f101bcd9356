import { blockEvents } from '../formats/block-events.ts';
import type { CanonicalMessage, CanonicalStreamEvent } from '../formats/canonical.ts';

/** Pieces in which text and arguments are sent, in characters. */
const PIECE_CHARACTERS = 7;

function pieces(text: string): readonly string[] {
  return Array.from({ length: Math.ceil(text.length / PIECE_CHARACTERS) }, (_, index) =>
    text.slice(index * PIECE_CHARACTERS, (index + 1) * PIECE_CHARACTERS),
  );
}

/** The canonical stream of a message. */
export function messageEvents(message: CanonicalMessage): CanonicalStreamEvent[] {
  const { stop_reason, stop_sequence, usage } = message;
  const begun = { ...message, content: [], stop_reason: null, stop_sequence: null };
  return [
    { type: 'message_start', message: { ...begun, usage: { ...usage, output_tokens: 0 } } },
    ...message.content.flatMap((block, index) => blockEvents(block, index, pieces)),
    { type: 'message_delta', delta: { stop_reason, stop_sequence }, usage },
    { type: 'message_stop' },
  ];
}
