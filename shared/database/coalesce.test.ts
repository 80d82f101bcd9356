import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coalesce } from './coalesce.ts';

describe('what is asked for side by side', () => {
  it('goes over in one batch, and in one more while that is under way', async () => {
    const batches: (readonly number[])[] = [];
    const gates: (() => void)[] = [];
    const ask = coalesce(async (keys: readonly number[]) => {
      batches.push(keys);
      await new Promise<void>((resolve) => gates.push(resolve));
      return keys.map((key) => key * 10);
    });
    const first = [ask(1), ask(2)];
    await expect.poll(() => batches).toEqual([[1, 2]]);
    const second = [ask(3), ask(4), ask(5)];
    gates[0]?.();
    expect(await Promise.all(first)).toEqual([10, 20]);
    await expect
      .poll(() => batches)
      .toEqual([
        [1, 2],
        [3, 4, 5],
      ]);
    gates[1]?.();
    expect(await Promise.all(second)).toEqual([30, 40, 50]);
  });

  it('is answered to whom it belongs, whatever the others run into', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 200 }), { maxLength: 150 }), async (keys) => {
        const ask = coalesce((some: readonly number[]) =>
          some.some((key) => key % 7 === 0)
            ? Promise.reject(new Error(`${some.length}`))
            : Promise.resolve(some.map((key) => key + 1)),
        );
        const answers = await Promise.allSettled(keys.map((key) => ask(key)));
        for (const [index, key] of keys.entries()) {
          // One that fails has failed alone.
          if (key % 7 === 0) expect(answers[index]).toMatchObject({ status: 'rejected', reason: { message: '1' } });
          else expect(answers[index]).toEqual({ status: 'fulfilled', value: key + 1 });
        }
      }),
    ));
});
