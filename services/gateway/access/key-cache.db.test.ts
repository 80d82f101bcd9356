import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ActiveKey } from '#shared/database/key-store.ts';
import { createKeySecret, keyHash } from '#shared/database/virtual-key-secret.ts';
import { createLog } from '#shared/log.ts';
import { createKeyCache } from './key-cache.ts';

const SECRET = createKeySecret(randomBytes);

function keyOf(secret: string, expiresAt: Date | null = null): ActiveKey {
  const base = { keyId: 'k-1', projectId: 'shop', name: 'n', prefix: 'tt_', developer: 'ada', repo: null, team: null };
  return { ...base, createdAt: new Date(0), expiresAt, revokedAt: null, hash: keyHash(secret) };
}

describe('createKeyCache', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trimtab-keys-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const time = { now: 1_000_000 };
  function cacheOf(answer: { keys: ActiveKey[]; hasAnyKey: boolean } | 'down') {
    const holder = { answer, reads: 0 };
    const store = {
      async listActive() {
        holder.reads += 1;
        if (holder.answer === 'down') throw new Error('down');
        return holder.answer;
      },
    };
    const deps = { store, now: () => time.now, log: createLog('test', 'silent') };
    const cache = createKeyCache(deps, { projectId: 'shop', copyPath: join(folder, 'keys.json') });
    return { cache, holder };
  }

  it('stays closed after a restart without the store, by a copy that holds no secret', async () => {
    const first = cacheOf({ keys: [keyOf(SECRET)], hasAnyKey: true });
    await first.cache.refresh();
    expect(await readFile(join(folder, 'keys.json'), 'utf8')).not.toContain(SECRET);
    const { cache } = cacheOf('down');
    await cache.loadCopy();
    await cache.refresh();
    expect(cache.state()).toBe('closed');
    expect(await cache.find(SECRET)).toMatchObject({ developer: 'ada' });
    expect(await cache.find(createKeySecret(randomBytes))).toBeNull();
  });

  it('knows nothing, and opens no door, without store and copy', async () => {
    const { cache } = cacheOf('down');
    await cache.loadCopy();
    await cache.refresh();
    expect(cache.state()).toBe('unknown');
  });

  it('lets no key in after its expiry, without asking anybody', async () => {
    const { cache } = cacheOf({ keys: [keyOf(SECRET, new Date(time.now + 1_000))], hasAnyKey: true });
    await cache.refresh();
    expect(await cache.find(SECRET)).not.toBeNull();
    time.now += 1_000;
    expect(await cache.find(SECRET)).toBeNull();
  });

  it('reads the keys anew for a secret that it does not know, but not for one that cannot be one', async () => {
    const { cache, holder } = cacheOf({ keys: [], hasAnyKey: true });
    await cache.refresh();
    holder.answer = { keys: [keyOf(SECRET)], hasAnyKey: true };
    expect(await cache.find('sk-ant-api03-left-over')).toBeNull();
    expect(holder.reads).toBe(1);
    expect(await cache.find(SECRET)).toMatchObject({ keyId: 'k-1' });
    expect(holder.reads).toBe(2);
  });

  it('reads again after a reading that never ends, so that no revoked key stays in force', async () => {
    let reads = 0;
    const listActive = () => {
      reads += 1;
      return reads === 1 ? new Promise<never>(() => undefined) : Promise.resolve({ keys: [], hasAnyKey: true });
    };
    const cache = createKeyCache(
      { store: { listActive }, now: () => time.now, log: createLog('test', 'silent') },
      { projectId: 'shop', copyPath: join(folder, 'keys.json'), readDeadlineMs: 20 },
    );
    await cache.refresh();
    expect(cache.state()).toBe('unknown');
    await cache.refresh();
    expect([reads, cache.state()]).toEqual([2, 'closed']);
  });
});
