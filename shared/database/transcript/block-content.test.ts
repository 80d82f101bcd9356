import { createHash } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packBlock, unpackBlock } from './block-content.ts';
import { WIRE_WORDS } from './wire-words.ts';

const BYTES_MAX = 1_000_000;
/** What is shorter is kept as it is. */
const LEAST_PACKED = 512;

describe('the content of a block', () => {
  it('comes back as it was, whatever its size', () =>
    fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.nat({ max: 90_000 }), async (value, length) => {
        const text = JSON.stringify([value, 'x'.repeat(length)]);
        expect(await unpackBlock(await packBlock(text), BYTES_MAX)).toBe(text);
      }),
    ));

  it('is read as earlier versions wrote it, plain or compressed', async () => {
    const text = JSON.stringify({ type: 'text', text: 'as before '.repeat(50) });
    expect(await unpackBlock(Buffer.from(text), BYTES_MAX)).toBe(text);
    expect(await unpackBlock(zstdCompressSync(text), BYTES_MAX)).toBe(text);
  });

  it('takes less room when it is made of what agents always say', async () => {
    const use = (name: string, input: object) => ({ type: 'tool_use', id: `toolu_${name}`, name, input });
    const edit = { file_path: '/a.ts', old_string: 'export function', new_string: 'export async function' };
    const uses = [use('Edit', edit), use('Read', { file_path: '/a.ts', limit: 20 }), use('Bash', { command: 'ls' })];
    const text = JSON.stringify({ role: 'assistant', content: uses, stop_reason: 'tool_use', stop_sequence: null });
    const words = text.padEnd(LEAST_PACKED, ' ');
    expect((await packBlock(words)).length).toBeLessThan(text.length / 2);
  });

  it('is packed with words that never change', () => {
    expect(createHash('sha256').update(WIRE_WORDS).digest('hex')).toBe(
      'd8bf7d74a19ed25ae8facb657b5d58821939377fdd0ae78f20685c0daa311380',
    );
  });

  it('is not unpacked without end', async () => {
    await expect(unpackBlock(await packBlock('x'.repeat(BYTES_MAX + 1)), BYTES_MAX)).rejects.toThrow();
  });
});
