import type { CanonicalStreamEvent } from '../canonical.ts';

/**
 * Wire text of one event. Nearly all events of a stream are deltas with one piece of text, so those are written into a
 * template and only the piece is stringified.
 */
export function encodeStreamEvent(event: CanonicalStreamEvent): string {
  if (event.type === 'content_block_delta') {
    const head = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${event.index},"delta":`;
    const { delta } = event;
    if (delta.type === 'text_delta') return `${head}{"type":"text_delta","text":${JSON.stringify(delta.text)}}}\n\n`;
    if (delta.type === 'input_json_delta') {
      return `${head}{"type":"input_json_delta","partial_json":${JSON.stringify(delta.partial_json)}}}\n\n`;
    }
    return `${head}${JSON.stringify(delta)}}\n\n`;
  }
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
