import type Anthropic from '@anthropic-ai/sdk';
import { isBillingText } from './billing-block.ts';
import type { CanonicalBody } from './canonical.ts';
import { type Encoding, lose, type RequestPath } from './encoding.ts';

export interface PlacedSystemBlock {
  readonly block: Anthropic.TextBlockParam;
  readonly path: RequestPath;
}

/** The blocks of the system prompt, without the client's attribution line. */
export function systemBlocks(encoding: Encoding, system: CanonicalBody['system']): readonly PlacedSystemBlock[] {
  const blocks = typeof system === 'string' ? [{ type: 'text' as const, text: system }] : (system ?? []);
  return blocks.flatMap((block, index) => {
    const path = ['system', index];
    if (!isBillingText(block.text)) return { block, path };
    lose(encoding, 'dropped', path, 'client attribution block');
    return [];
  });
}
