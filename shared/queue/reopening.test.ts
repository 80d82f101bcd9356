import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Candidate } from './queue-store.ts';
import { createReopening } from './reopening.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A store that is down until `up` is set, whose objects are poisoned when they were built while it was down. */
function createFakeStore(mode: 'refuses' | 'hangs' | 'throws', up = false) {
  const store = { up, built: 0, disposed: [] as number[] };
  const build = (): Candidate<number> => {
    store.built += 1;
    const value = store.built;
    if (!store.up && mode === 'throws') throw new Error('cannot be built');
    const down = () => (mode === 'refuses' ? Promise.reject(new Error('ECONNREFUSED')) : new Promise(() => {}));
    const dispose = async () => void store.disposed.push(value);
    return { value, ready: store.up ? Promise.resolve() : down(), dispose };
  };
  const warnings: string[] = [];
  const log = { info: () => {}, warn: (_details: object, message: string) => void warnings.push(message) };
  return { store, warnings, reopening: createReopening({ log, now: Date.now }, { what: 'thing', build }) };
}

test.each(['refuses', 'hangs', 'throws'] as const)(
  'an object whose store %s is built anew until it opens, within five seconds',
  async (mode) => {
    const { store, warnings, reopening } = createFakeStore(mode);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(reopening.current()).toBeNull();
    expect(store.built).toBeGreaterThan(5);
    expect(warnings.length).toBeGreaterThan(0);
    expect(warnings.length).toBeLessThanOrEqual(4);

    store.up = true;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(reopening.current()).toBe(store.built);
    const poisoned = Array.from({ length: store.built - 1 }, (_, index) => index + 1);
    expect(store.disposed).toEqual(mode === 'throws' ? [] : poisoned);
  },
);

test('waiting for it ends with store_unavailable at the limit, and at once when it is closed', async () => {
  const { reopening } = createFakeStore('hangs');
  const late = expect(reopening.whenOpen(2_000)).rejects.toMatchObject({ code: 'store_unavailable' });
  await vi.advanceTimersByTimeAsync(2_000);
  await late;
  const cut = expect(reopening.whenOpen(60_000)).rejects.toMatchObject({ code: 'store_unavailable' });
  await reopening.close();
  await cut;
});

test('a broken object is replaced, and nothing is built after the end', async () => {
  const { store, reopening } = createFakeStore('refuses', true);
  const first = await reopening.whenOpen(1_000);
  reopening.reopen();
  expect(reopening.current()).toBeNull();
  const second = await reopening.whenOpen(1_000);
  expect(second).not.toBe(first);
  expect(store.disposed).toEqual([first]);
  await reopening.close();
  expect(store.disposed).toEqual([first, second]);
  reopening.reopen();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(store.built).toBe(second);
});
