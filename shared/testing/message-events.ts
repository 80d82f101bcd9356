import type { CanonicalContentBlock, CanonicalMessage, CanonicalStreamEvent } from '../formats/canonical.ts';

/** Pieces in which text and arguments are sent, in characters. */
const PIECE_CHARACTERS = 7;

function pieces(text: string): readonly string[] {
  return Array.from({ length: Math.ceil(text.length / PIECE_CHARACTERS) }, (_, index) =>
    text.slice(index * PIECE_CHARACTERS, (index + 1) * PIECE_CHARACTERS),
  );
}

function blockEvents(block: CanonicalContentBlock, index: number): CanonicalStreamEvent[] {
  const start = (content_block: CanonicalContentBlock): CanonicalStreamEvent => ({
    type: 'content_block_start',
    index,
    content_block,
  });
  const stop: CanonicalStreamEvent = { type: 'content_block_stop', index };
  const deltas = (of: readonly Extract<CanonicalStreamEvent, { type: 'content_block_delta' }>['delta'][]) =>
    of.map((delta): CanonicalStreamEvent => ({ type: 'content_block_delta', index, delta }));
  if (block.type === 'text') {
    const said = pieces(block.text).map((text) => ({ type: 'text_delta', text }) as const);
    return [start({ type: 'text', text: '' }), ...deltas(said), stop];
  }
  if (block.type === 'thinking') {
    const thought = pieces(block.thinking).map((thinking) => ({ type: 'thinking_delta', thinking }) as const);
    const signed = block.signature === '' ? [] : [{ type: 'signature_delta', signature: block.signature } as const];
    return [start({ ...block, thinking: '', signature: '' }), ...deltas([...thought, ...signed]), stop];
  }
  if (block.type === 'tool_use') {
    const given = pieces(JSON.stringify(block.input));
    const sent = given.map((partial_json) => ({ type: 'input_json_delta', partial_json }) as const);
    return [start({ ...block, input: {} }), ...deltas(sent), stop];
  }
  return [start(block), stop];
}

/** The canonical stream of a message. */
export function messageEvents(message: CanonicalMessage): CanonicalStreamEvent[] {
  const { stop_reason, stop_sequence, usage } = message;
  const begun = { ...message, content: [], stop_reason: null, stop_sequence: null };
  return [
    { type: 'message_start', message: { ...begun, usage: { ...usage, output_tokens: 0 } } },
    ...message.content.flatMap(blockEvents),
    { type: 'message_delta', delta: { stop_reason, stop_sequence }, usage },
    { type: 'message_stop' },
  ];
}
