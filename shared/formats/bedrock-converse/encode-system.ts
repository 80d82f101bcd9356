import { isBillingText } from '../billing-block.ts';
import type { CanonicalBody } from '../canonical.ts';
import { lose } from '../encoding.ts';
import type { JsonObject } from '../json-object.ts';
import type { ConverseCachePoint, ConverseText } from './converse-request.ts';
import { encodeText } from './encode-content.ts';
import { cachePointAfter, type Encoding } from './encoding.ts';

/** `system`, block by block, so that cache points keep their places. */
export function encodeSystem(encoding: Encoding, system: CanonicalBody['system']): JsonObject {
  if (system === undefined) return {};
  const blocks = typeof system === 'string' ? [{ type: 'text' as const, text: system }] : system;
  const encoded: (ConverseText | ConverseCachePoint)[] = [];
  for (const [index, block] of blocks.entries()) {
    const path = ['system', index];
    if (isBillingText(block.text)) {
      lose(encoding, 'dropped', path, 'client attribution block');
      continue;
    }
    const text = encodeText(encoding, block.text, path);
    if (text.length > 0) encoded.push(...text, ...cachePointAfter(encoding, block, 'system', path));
  }
  return encoded.length === 0 ? {} : { system: encoded };
}
