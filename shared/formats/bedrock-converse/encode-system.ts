import type { CanonicalBody } from '../canonical.ts';
import type { JsonObject } from '../json-object.ts';
import { systemBlocks } from '../system-blocks.ts';
import type { ConverseCachePoint, ConverseText } from './converse-request.ts';
import { encodeText } from './encode-content.ts';
import { cachePointAfter, type Encoding } from './encoding.ts';

/** `system`, block by block, so that cache points keep their places. */
export function encodeSystem(encoding: Encoding, system: CanonicalBody['system']): JsonObject {
  const encoded: (ConverseText | ConverseCachePoint)[] = [];
  for (const { block, path } of systemBlocks(encoding, system)) {
    const text = encodeText(encoding, block.text, path);
    if (text.length > 0) encoded.push(...text, ...cachePointAfter(encoding, block, 'system', path));
  }
  return encoded.length === 0 ? {} : { system: encoded };
}
