import { describe, expect, it } from 'vitest';
import { runInLanes } from './run-in-lanes.ts';

/** Work that ends when it is told to, and says how much of it is under way. */
function heldWork() {
  const begun: number[] = [];
  const ends = new Map<number, (error?: Error) => void>();
  const work = (item: number) =>
    new Promise<void>((resolve, reject) => {
      begun.push(item);
      ends.set(item, (error) => (error === undefined ? resolve() : reject(error)));
    });
  const turn = () => new Promise(setImmediate);
  const end = async (item: number, error?: Error) => {
    ends.get(item)?.(error);
    await turn();
  };
  return { begun, work, end };
}

describe('runInLanes', () => {
  it('works on so many at once, and begins the next one when one is done', async () => {
    const { begun, work, end } = heldWork();
    const done = runInLanes([1, 2, 3], { lanes: 2 }, work);
    expect(begun).toEqual([1, 2]);
    await end(2);
    expect(begun).toEqual([1, 2, 3]);
    await end(1);
    await end(3);
    await done;
  });

  it('begins nothing after a failure, and settles when what was under way has ended', async () => {
    const { begun, work, end } = heldWork();
    let settled = '';
    const done = runInLanes([1, 2, 3], { lanes: 2 }, work).catch((error: Error) => {
      settled = error.message;
    });
    await end(1, new Error('refused'));
    expect([begun, settled]).toEqual([[1, 2], '']);
    await end(2);
    await done;
    expect([begun, settled]).toEqual([[1, 2], 'refused']);
  });

  it('begins nothing after its signal', async () => {
    const { begun, work, end } = heldWork();
    const controller = new AbortController();
    const done = runInLanes([1, 2, 3], { lanes: 1, signal: controller.signal }, work);
    const stopped = expect(done).rejects.toThrow('the worker is closing');
    controller.abort(new Error('the worker is closing'));
    await end(1);
    await stopped;
    expect(begun).toEqual([1]);
  });
});
