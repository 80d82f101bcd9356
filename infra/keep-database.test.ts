import { describe, expect, it } from 'vitest';
import { createLog } from '#shared/log.ts';
import type { Holdings } from './holdings.ts';
import { keepDatabase } from './keep-database.ts';
import type { OpenDatabase } from './open-database.ts';
import { SUPERVISION_TIMING } from './supervision-timing.ts';

const OPTIONS = {
  log: createLog('test', 'silent'),
  timing: { ...SUPERVISION_TIMING, restartDelayMinMs: 1, restartDelayMaxMs: 2 },
};

/** A database that has ended, or one that runs on. */
function database(state: 'ended' | 'running'): OpenDatabase {
  return {
    url: 'postgres://same',
    embedded: true,
    adopted: false,
    exited: state === 'ended' ? Promise.resolve() : new Promise(() => undefined),
    stop: async () => undefined,
    force: () => undefined,
  };
}

function holdingsOf(held: OpenDatabase): Holdings {
  return {
    lock: { abandoned: [], recordChildren: () => undefined, release: () => undefined },
    database: held,
    services: [],
  };
}

describe('keepDatabase', () => {
  it('tries again when the database cannot be opened at once, and keeps the services meanwhile', async () => {
    const holdings = holdingsOf(database('ended'));
    const stopping = new AbortController();
    const running = database('running');
    let tries = 0;
    const open = async () => {
      tries += 1;
      if (tries < 3) throw new Error('the disk is full');
      queueMicrotask(() => stopping.abort());
      return running;
    };
    await keepDatabase(holdings, open, stopping.signal, OPTIONS);
    expect(tries).toBe(3);
    expect(holdings.database).toBe(running);
  });

  it('gives up with the reason when the database cannot be opened again and again', async () => {
    const open = async () => {
      throw new Error('the disk is full');
    };
    const kept = keepDatabase(holdingsOf(database('ended')), open, new AbortController().signal, OPTIONS);
    await expect(kept).rejects.toThrow(/PostgreSQL keeps ending.*the disk is full/);
  });

  it('gives up when the database keeps ending', async () => {
    const open = async () => database('ended');
    const kept = keepDatabase(holdingsOf(database('ended')), open, new AbortController().signal, OPTIONS);
    await expect(kept).rejects.toThrow(/PostgreSQL keeps ending/);
  });
});
