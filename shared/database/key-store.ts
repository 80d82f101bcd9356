import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { TrimtabError } from '../errors.ts';
import { appendAudit } from './audit-log.ts';
import type { Database } from './connect.ts';
import { createKeySecret, keyHash, shownPrefix } from './virtual-key-secret.ts';

/** A virtual key without its secret, which is shown once and never stored. */
export interface VirtualKey {
  readonly keyId: string;
  readonly projectId: string;
  readonly name: string;
  /** The first characters of the secret. */
  readonly prefix: string;
  readonly developer: string | null;
  readonly repo: string | null;
  readonly team: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

/** A key as a gateway holds it. `hash` is sha256 of the secret. */
export interface ActiveKey extends VirtualKey {
  readonly hash: Buffer;
}

export interface NewKey {
  readonly projectId: string;
  readonly name: string;
  readonly developer?: string | null | undefined;
  readonly repo?: string | null | undefined;
  readonly team?: string | null | undefined;
  readonly expiresAt?: Date | null | undefined;
  /** Who asks, for the audit log. */
  readonly actor?: string | undefined;
}

export interface KeyStore {
  /** Makes a key; `secret` is the only copy there will ever be. */
  create(key: NewKey): Promise<{ readonly keyId: string; readonly secret: string }>;
  /** Newest first, revoked ones too. */
  list(projectId: string): Promise<VirtualKey[]>;
  /** Revokes by key id or by the shown prefix. Throws `not_found`, or `conflict` when several keys fit. */
  revoke(projectId: string, idOrPrefix: string, actor?: string): Promise<VirtualKey>;
  /** The key of a secret's hash, unless it is revoked or expired. */
  findByHash(hash: Buffer): Promise<VirtualKey | null>;
  /** Every key of a project that is not revoked, expired ones too: a gateway has its own clock. */
  listActive(projectId: string): Promise<{ readonly keys: ActiveKey[]; readonly hasAnyKey: boolean }>;
}

/** A gateway holds all keys of its project in memory. */
const ACTIVE_KEYS_MAX = 100_000;
const ACTOR_DEFAULT = 'cli:unknown';

const KEY_COLUMNS = [
  'keyId',
  'projectId',
  'name',
  'prefix',
  'developer',
  'repo',
  'team',
  'createdAt',
  'expiresAt',
  'revokedAt',
] as const;

/** Virtual keys. Writing takes the admin role; every service may read. */
export function createKeyStore(database: Database): KeyStore {
  return {
    create: (key) => database.transaction().execute((transaction) => createKey(transaction, key)),
    list: (projectId) =>
      database
        .selectFrom('virtualKey')
        .select(KEY_COLUMNS)
        .where('projectId', '=', projectId)
        .orderBy('createdAt', 'desc')
        .execute(),
    revoke: (projectId, idOrPrefix, actor = ACTOR_DEFAULT) =>
      database.transaction().execute((transaction) => revokeKey(transaction, projectId, idOrPrefix, actor)),
    async findByHash(hash) {
      const row = await database
        .selectFrom('virtualKey')
        .select(KEY_COLUMNS)
        .where('hash', '=', hash)
        .where('revokedAt', 'is', null)
        .where((where) => where.or([where('expiresAt', 'is', null), where('expiresAt', '>', sql<Date>`now()`)]))
        .executeTakeFirst();
      return row ?? null;
    },
    async listActive(projectId) {
      const rows = await database
        .selectFrom('virtualKey')
        .select([...KEY_COLUMNS, 'hash'])
        .where('projectId', '=', projectId)
        .where('revokedAt', 'is', null)
        .limit(ACTIVE_KEYS_MAX)
        .execute();
      if (rows.length > 0) return { keys: rows, hasAnyKey: true };
      // A project whose last key is revoked has not become an open one.
      const any = await database
        .selectFrom('virtualKey')
        .select('keyId')
        .where('projectId', '=', projectId)
        .limit(1)
        .executeTakeFirst();
      return { keys: [], hasAnyKey: any !== undefined };
    },
  };
}

async function createKey(transaction: Database, key: NewKey): Promise<{ keyId: string; secret: string }> {
  const { projectId, name } = key;
  const secret = createKeySecret(randomBytes);
  const keyId = randomUUID();
  const prefix = shownPrefix(secret);
  const [developer, repo, team] = [key.developer ?? null, key.repo ?? null, key.team ?? null];
  const expiresAt = key.expiresAt ?? null;
  await transaction
    .insertInto('virtualKey')
    .values({
      keyId,
      projectId,
      name,
      prefix,
      hash: keyHash(secret),
      developer,
      repo,
      team,
      expiresAt,
      revokedAt: null,
    })
    .execute();
  await appendAudit(transaction, {
    projectId,
    action: 'key.created',
    actor: key.actor ?? ACTOR_DEFAULT,
    subject: keyId,
    reason: name,
    details: { prefix, developer, repo, team, expiresAt: expiresAt?.toISOString() ?? null },
  });
  return { keyId, secret };
}

async function revokeKey(
  transaction: Database,
  projectId: string,
  idOrPrefix: string,
  actor: string,
): Promise<VirtualKey> {
  const found = await transaction
    .selectFrom('virtualKey')
    .select(KEY_COLUMNS)
    .where('projectId', '=', projectId)
    .where((where) => where.or([where(sql`key_id::text`, '=', idOrPrefix), where('prefix', '=', idOrPrefix)]))
    .where('revokedAt', 'is', null)
    .limit(2)
    .execute();
  const [key] = found;
  if (key === undefined) {
    throw new TrimtabError('not_found', `no key ${idOrPrefix} is in use; see \`trimtab keys list\``);
  }
  if (found.length > 1) throw new TrimtabError('conflict', `several keys begin with ${idOrPrefix}; name one by its id`);
  const revokedAt = new Date();
  await transaction.updateTable('virtualKey').set({ revokedAt }).where('keyId', '=', key.keyId).execute();
  const details = { prefix: key.prefix };
  await appendAudit(transaction, {
    projectId,
    action: 'key.revoked',
    actor,
    subject: key.keyId,
    reason: key.name,
    details,
  });
  return { ...key, revokedAt };
}
