/** Uniform in [0, 1) out of parts, the same on every machine: FNV-1a over them, mixed as murmur3 ends. */
export function hashUniform(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    const text = typeof part === 'string' ? part : String(part);
    for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ 0x1f, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** An index below `count`, out of parts. */
export function hashIndex(count: number, ...parts: readonly (string | number)[]): number {
  return Math.floor(hashUniform(...parts) * count);
}
