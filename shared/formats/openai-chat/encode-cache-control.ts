import { type Encoding, noteCacheControl, type RequestPath } from '../encoding.ts';

/**
 * The cache breakpoint of a block, to be spread into what it becomes. `hasPlace` says whether that can hold one; where
 * it cannot, or the target caches by itself, the breakpoint is lost.
 */
export function encodeCacheControl(
  encoding: Encoding,
  block: object,
  path: RequestPath,
  hasPlace: boolean,
): { readonly cache_control?: unknown } {
  const value = 'cache_control' in block ? block.cache_control : undefined;
  if (hasPlace && encoding.target.acceptsCacheControl && value !== undefined && value !== null) {
    return { cache_control: value };
  }
  noteCacheControl(encoding, block, path);
  return {};
}
