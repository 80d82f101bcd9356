import { type Encoding as AnyEncoding, lose, type RequestPath } from '../encoding.ts';
import type { ConverseCachePoint } from './converse-request.ts';
import type { ModelTraits } from './model-traits.ts';

/** What every part of one encoding shares. */
export interface Encoding extends AnyEncoding {
  readonly traits: ModelTraits;
  /** Whether tools are sent; without them Converse refuses calls and results in the history. */
  readonly hasTools: boolean;
  /** Names taken by documents of this request; Converse refuses a second one. */
  readonly documentNames: Set<string>;
}

const CACHE_POINT: ConverseCachePoint = { cachePoint: { type: 'default' } };

/** A breakpoint inside of what is one block upstream has no place there. */
export function noteInnerCacheControl(encoding: Encoding, value: object, path: RequestPath): void {
  if ('cache_control' in value && value.cache_control !== null && value.cache_control !== undefined) {
    lose(encoding, 'dropped', [...path, 'cache_control'], 'cache breakpoint inside of a block');
  }
}

/** The cache point that follows a block with `cache_control`, where the model takes one. */
export function cachePointAfter(
  encoding: Encoding,
  value: object,
  place: 'system' | 'tools' | 'messages',
  path: RequestPath,
): readonly ConverseCachePoint[] {
  const control = 'cache_control' in value ? value.cache_control : undefined;
  if (typeof control !== 'object' || control === null) return [];
  if (!encoding.traits.cachePoints.includes(place)) {
    lose(encoding, 'dropped', [...path, 'cache_control'], `model takes no cache point in ${place}`);
    return [];
  }
  if ('ttl' in control && control.ttl === '1h') {
    lose(encoding, 'approximated', [...path, 'cache_control', 'ttl'], 'cache point lives as long as the default');
  }
  return [CACHE_POINT];
}
