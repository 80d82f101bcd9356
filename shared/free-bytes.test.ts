import { describe, expect, it } from 'vitest';
import { freeBytes } from './free-bytes.ts';

describe('giving bytes back', () => {
  it('leaves nothing of bytes that have their memory for themselves', () => {
    const bytes = Buffer.alloc(200_000, 1);
    freeBytes(bytes);
    expect(bytes.length).toBe(0);
  });

  it('touches no bytes that others have a part of', () => {
    const whole = Buffer.alloc(200_000, 1);
    freeBytes(whole.subarray(1));
    freeBytes(whole.subarray(0, 100_000));
    expect(whole.length).toBe(200_000);
    const [small, neighbour] = [Buffer.from('small'), Buffer.from('neighbour')];
    freeBytes(small);
    expect([small.toString(), neighbour.toString()]).toEqual(['small', 'neighbour']);
    const shared = Buffer.from(new SharedArrayBuffer(100_000));
    freeBytes(shared);
    expect(shared.length).toBe(100_000);
  });
});
