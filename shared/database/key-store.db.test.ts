import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { createDatabase, createPool, type Database } from './connect.ts';
import { createKeyStore, type KeyStore } from './key-store.ts';

describe('createKeyStore', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let keys: KeyStore;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = createDatabase(createPool({ connectionString: testDatabase.connectionString, role: 'admin' }));
    keys = createKeyStore(database);
    await sql`INSERT INTO project (project_id, block_key) VALUES ('shop', 'k'), ('other', 'k')`.execute(database);
  });
  afterAll(async () => {
    await database.destroy();
    await testDatabase.drop();
  });

  const hashOf = (secret: string) => createHash('sha256').update(secret).digest();

  it('finds a key by the hash of its secret, and stores no secret', async () => {
    const { keyId, secret } = await keys.create({
      projectId: 'shop',
      name: 'laptop',
      developer: 'ada',
      repo: 'shop/web',
    });
    expect(await keys.findByHash(hashOf(secret))).toMatchObject({ keyId, developer: 'ada', repo: 'shop/web' });
    const { rows } = await sql<{ text: string }>`SELECT virtual_key::text AS text FROM virtual_key`.execute(database);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.some(({ text }) => text.includes(secret))).toBe(false);
  });

  it('finds neither a revoked nor an expired key', async () => {
    const revoked = await keys.create({ projectId: 'shop', name: 'lost' });
    await keys.revoke('shop', revoked.keyId);
    const expired = await keys.create({ projectId: 'shop', name: 'old', expiresAt: new Date(Date.now() - 1000) });
    expect(await keys.findByHash(hashOf(revoked.secret))).toBeNull();
    expect(await keys.findByHash(hashOf(expired.secret))).toBeNull();
  });

  it('revokes by the prefix that the list shows, once', async () => {
    const { keyId, secret } = await keys.create({ projectId: 'shop', name: 'ci' });
    expect((await keys.revoke('shop', secret.slice(0, 10))).keyId).toBe(keyId);
    await expect(keys.revoke('shop', keyId)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('does not let one project revoke the keys of another', async () => {
    const { keyId } = await keys.create({ projectId: 'other', name: 'theirs' });
    await expect(keys.revoke('shop', keyId)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('writes an audit event for a key made and a key revoked, without the secret', async () => {
    const { keyId, secret } = await keys.create({ projectId: 'shop', name: 'audited', actor: 'human:ada' });
    await keys.revoke('shop', keyId, 'human:bo');
    const events = await database.selectFrom('auditEvent').selectAll().where('subject', '=', keyId).execute();
    expect(events.map(({ action, actor }) => [action, actor])).toEqual([
      ['key.created', 'human:ada'],
      ['key.revoked', 'human:bo'],
    ]);
    expect(JSON.stringify(events)).not.toContain(secret);
  });

  it('still counts a project as one with keys when its last key is revoked', async () => {
    await sql`INSERT INTO project (project_id, block_key) VALUES ('fresh', 'k')`.execute(database);
    expect(await keys.listActive('fresh')).toEqual({ keys: [], hasAnyKey: false });
    const { keyId } = await keys.create({ projectId: 'fresh', name: 'first' });
    expect((await keys.listActive('fresh')).keys).toHaveLength(1);
    await keys.revoke('fresh', keyId);
    expect(await keys.listActive('fresh')).toEqual({ keys: [], hasAnyKey: true });
  });
});
