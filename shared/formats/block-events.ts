import type { CanonicalContentBlock, CanonicalStreamEvent } from './canonical.ts';

type Delta = Extract<CanonicalStreamEvent, { type: 'content_block_delta' }>['delta'];

function deltasOf(block: CanonicalContentBlock, cut: (text: string) => readonly string[]): readonly Delta[] {
  switch (block.type) {
    case 'text': {
      const citations = (Array.isArray(block.citations) ? block.citations : []).map(
        (citation) => ({ type: 'citations_delta', citation }) as const,
      );
      return [...cut(block.text).map((text) => ({ type: 'text_delta', text }) as const), ...citations];
    }
    case 'thinking': {
      const thoughts = cut(block.thinking).map((thinking) => ({ type: 'thinking_delta', thinking }) as const);
      const { signature } = block;
      return signature === '' ? thoughts : [...thoughts, { type: 'signature_delta', signature } as const];
    }
    case 'tool_use': {
      const given = JSON.stringify(block.input ?? {});
      return cut(given).map((partial_json) => ({ type: 'input_json_delta', partial_json }) as const);
    }
    default:
      return [];
  }
}

/** A block before anything of it was streamed. Blocks without deltas come whole. */
function emptied(block: CanonicalContentBlock): CanonicalContentBlock {
  if (block.type === 'text') return { type: 'text', text: '' };
  if (block.type === 'thinking') return { ...block, thinking: '', signature: '' };
  return block.type === 'tool_use' ? { ...block, input: {} } : block;
}

/** The events of a block that is whole, its text in the pieces that `cut` makes of it. */
export function blockEvents(
  block: CanonicalContentBlock,
  index: number,
  cut: (text: string) => readonly string[] = (text) => [text],
): readonly CanonicalStreamEvent[] {
  return [
    { type: 'content_block_start', index, content_block: emptied(block) },
    ...deltasOf(block, cut).map((delta) => ({ type: 'content_block_delta', index, delta }) as const),
    { type: 'content_block_stop', index },
  ];
}
