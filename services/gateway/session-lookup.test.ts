import { describe, expect, it } from 'vitest';
import { createSessionLookup } from './session-lookup.ts';

const PIN = { startedAtMs: 1, policyId: 'p', variant: 'stable', rolloutId: null } as const;

describe('createSessionLookup', () => {
  it('tells a session that is not stored from a store that does not say', async () => {
    const answers = {
      known: async () => PIN,
      fresh: async () => null,
      broken: () => Promise.reject(new Error('down')),
    };
    const lookUp = createSessionLookup({ read: (id) => answers[id as keyof typeof answers](), now: () => 0 });
    expect(await lookUp('known')).toEqual({ type: 'found', pin: PIN });
    expect(await lookUp('fresh')).toEqual({ type: 'none' });
    expect(await lookUp('broken')).toEqual({ type: 'unknown' });
  });

  it('does not ask again for a second after an error', async () => {
    const time = { now: 0 };
    let reads = 0;
    const read = (): Promise<never> => {
      reads += 1;
      return Promise.reject(new Error('down'));
    };
    const lookUp = createSessionLookup({ read, now: () => time.now });
    await lookUp('a');
    await lookUp('b');
    expect(reads).toBe(1);
    time.now = 1_000;
    await lookUp('c');
    expect(reads).toBe(2);
  });

  it('waits no longer than its deadline, and stops asking a store that is late again and again', async () => {
    let reads = 0;
    const read = (): Promise<never> => {
      reads += 1;
      return new Promise(() => undefined);
    };
    const lookUp = createSessionLookup({ read, now: () => 0 });
    for (let index = 0; index < 8; index += 1) expect(await lookUp('a')).toEqual({ type: 'unknown' });
    expect(reads).toBe(5);
  });
});
