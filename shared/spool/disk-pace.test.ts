import { describe, expect, it } from 'vitest';
import { DiskPace } from './disk-pace.ts';

/** A disk whose steps take what they are told to, and which says who waited for them. */
function slowDisk() {
  let nowMs = 0;
  const pace = new DiskPace(() => nowMs);
  const waited: string[] = [];
  const step = (milliseconds: number, who: string) => {
    nowMs += milliseconds;
    waited.push(who);
    if (milliseconds > 100) throw new Error('the disk is gone');
    return milliseconds;
  };
  const take = (milliseconds: number) =>
    pace.run(
      () => step(milliseconds, 'this'),
      async () => step(milliseconds, 'beside'),
    );
  return { take, waited };
}

describe('the pace of a disk', () => {
  it('has this thread wait only after a step that was quick', async () => {
    const { take, waited } = slowDisk();
    for (const milliseconds of [0.3, 0.3, 7, 7, 0.3, 0.3]) await take(milliseconds);
    expect(waited).toEqual(['beside', 'this', 'this', 'beside', 'beside', 'this']);
  });

  it('hands on what a step gives and throws, whoever waits', async () => {
    const { take, waited } = slowDisk();
    expect(await take(0.3)).toBe(0.3);
    expect(await take(0.4)).toBe(0.4);
    await expect(take(200)).rejects.toThrow('the disk is gone');
    await expect(take(200)).rejects.toThrow('the disk is gone');
    expect(waited).toEqual(['beside', 'this', 'this', 'beside']);
  });
});
