import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { memoryOfUnpacked, unpackBytes } from './packed-bytes.ts';

const BYTES_MAX = 1_000_000;
/** Around what zstd writes the length of a frame with one, two and four bytes for. */
const LENGTHS = [0, 1, 255, 256, 257, 65_535, 65_791, 65_792, 65_793, 300_000];

describe('packed bytes', () => {
  it('are unpacked whether or not they say how long they are', async () => {
    for (const length of LENGTHS) {
      const plain = Buffer.alloc(length, 'words of a request, ');
      for (const options of [{}, { pledgedSrcSize: length }]) {
        const unpacked = await unpackBytes(zstdCompressSync(plain, options), BYTES_MAX);
        expect(unpacked.equals(plain)).toBe(true);
      }
    }
  });

  it('are unpacked into one piece of memory when they say that they are long', async () => {
    const plain = Buffer.alloc(300_000, 'words of a request, ');
    const unpacked = await unpackBytes(zstdCompressSync(plain, { pledgedSrcSize: plain.length }), BYTES_MAX);
    expect(unpacked.buffer.byteLength - plain.length).toBeLessThan(1_000);
    expect(memoryOfUnpacked(unpacked)?.buffer).toBe(unpacked.buffer);
  });

  it('share their memory with others when they are short, so that it is not for giving back', async () => {
    const size = Buffer.poolSize;
    // A piece that was cut into before may have another size than the next one.
    for (const poolSize of [size, size / 8, size]) {
      Buffer.poolSize = poolSize;
      for (let at = 0; at < 100; at += 1) {
        const unpacked = await unpackBytes(zstdCompressSync(Buffer.alloc(2_000, 'a')), BYTES_MAX);
        const memory = memoryOfUnpacked(unpacked);
        expect(memory === null || memory.byteLength - unpacked.length < 1_000).toBe(true);
      }
    }
  });

  it('are refused when they are longer than they may be, and when they lie about it', async () => {
    const plain = Buffer.alloc(BYTES_MAX + 1, 'words of a request, ');
    const packed = zstdCompressSync(plain, { pledgedSrcSize: plain.length });
    await expect(unpackBytes(packed, BYTES_MAX)).rejects.toThrow();
    await expect(unpackBytes(zstdCompressSync(plain), BYTES_MAX)).rejects.toThrow();
    // Magic, descriptor, then the four bytes of the length: of the window nothing stands in a frame of one segment.
    packed.writeUInt32LE(70_000, 5);
    await expect(unpackBytes(packed, 2 * BYTES_MAX)).rejects.toThrow();
    await expect(unpackBytes(packed.subarray(0, 6), BYTES_MAX)).rejects.toThrow();
  });
});
