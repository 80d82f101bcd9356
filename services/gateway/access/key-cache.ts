import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { ActiveKey, KeyStore } from '#shared/database/key-store.ts';
import { isKeySecret, keyHash } from '#shared/database/virtual-key-secret.ts';
import type { Log } from '#shared/log.ts';
import { withDeadline } from '#shared/queue/with-deadline.ts';
import { createOutageLog } from '../log-outage.ts';
import { writeFileDurably } from '../write-file-durably.ts';

export interface CachedKey {
  readonly keyId: string;
  readonly developer: string | null;
  readonly repo: string | null;
  readonly expiresAtMs: number | null;
}

/**
 * The keys of the project, held in memory and on disk, so that a look-up waits for nobody. `open`: the project never
 * had a key. `unknown`: neither the store nor a copy could be read.
 */
export interface KeyCache {
  state(): 'open' | 'closed' | 'unknown';
  /** The key of a secret, when it is known already. */
  known(secret: string): CachedKey | null;
  /** The key of a secret. One that is not known yet but well-formed has the keys read anew, with a deadline. */
  find(secret: string): Promise<CachedKey | null>;
  /** Reads the keys now; a store that is down leaves what is known in force. */
  refresh(): Promise<void>;
  /** Reads the copy of an earlier run, unless the store has answered before. */
  loadCopy(): Promise<void>;
}

/** A new key works at once and not only after the next refresh, if the store is quick. */
const UNKNOWN_KEY_WAIT_MS = 1_000;
/** Unknown keys, guessed ones among them, cause at most so many reads. */
const UNKNOWN_KEY_PAUSE_MS = 250;
/** A connection whose other end is gone without a word may never answer, and a revoked key would stay in force. */
const READ_DEADLINE_MS = 10_000;

const copySchema = z.object({
  projectId: z.string(),
  hasAnyKey: z.boolean(),
  keys: z.array(
    z.object({
      hash: z.string(),
      keyId: z.string(),
      developer: z.string().nullable(),
      repo: z.string().nullable(),
      expiresAtMs: z.number().nullable(),
    }),
  ),
});
type Copy = z.infer<typeof copySchema>;

/** @param deps.now Unix time in milliseconds */
export function createKeyCache(
  deps: { readonly store: Pick<KeyStore, 'listActive'>; readonly now: () => number; readonly log: Log },
  options: { readonly projectId: string; readonly copyPath: string; readonly readDeadlineMs?: number },
): KeyCache {
  const { readDeadlineMs = READ_DEADLINE_MS } = options;
  const outage = createOutageLog(deps.log, 'keys cannot be read; those known stay in force');
  let keys: ReadonlyMap<string, CachedKey> = new Map();
  let state: ReturnType<KeyCache['state']> = 'unknown';
  let copyText = '';
  let reading: Promise<void> | null = null;
  let readAtMs = Number.NEGATIVE_INFINITY;

  const apply = (copy: Copy): void => {
    keys = new Map(copy.keys.map(({ hash, ...key }) => [hash, key]));
    state = copy.hasAnyKey ? 'closed' : 'open';
  };
  const read = async (): Promise<void> => {
    readAtMs = deps.now();
    const listed = deps.store.listActive(options.projectId);
    const { keys: active, hasAnyKey } = await withDeadline(listed, readDeadlineMs, 'reading the keys');
    const copy: Copy = { projectId: options.projectId, hasAnyKey, keys: active.map(asCopied) };
    apply(copy);
    const text = JSON.stringify(copy);
    if (text === copyText) return;
    await writeFileDurably(options.copyPath, text);
    copyText = text;
  };
  const refresh = (): Promise<void> => {
    reading ??= read()
      .then(outage.worked, outage.failed)
      .finally(() => {
        reading = null;
      });
    return reading;
  };
  const known = (secret: string): CachedKey | null => {
    const key = keys.get(keyHash(secret).toString('hex'));
    const isExpired = key !== undefined && key.expiresAtMs !== null && key.expiresAtMs <= deps.now();
    return key === undefined || isExpired ? null : key;
  };
  return {
    state: () => state,
    refresh,
    known,
    async find(secret) {
      const found = known(secret);
      if (found !== null) return found;
      if (!isKeySecret(secret)) return null;
      const pauseMs = readAtMs + UNKNOWN_KEY_PAUSE_MS - deps.now();
      // A clock that was set back must not make the pause long.
      await delay(Math.min(Math.max(0, pauseMs), UNKNOWN_KEY_PAUSE_MS));
      await withinDeadline(refresh(), UNKNOWN_KEY_WAIT_MS);
      return known(secret);
    },
    async loadCopy() {
      if (state !== 'unknown') return;
      const copy = await readCopy(options.copyPath);
      if (copy !== null && copy.projectId === options.projectId && state === 'unknown') apply(copy);
    },
  };
}

function asCopied(key: ActiveKey): Copy['keys'][number] {
  const { keyId, developer, repo } = key;
  return {
    hash: key.hash.toString('hex'),
    keyId,
    developer,
    repo,
    expiresAtMs: key.expiresAt?.getTime() ?? null,
  };
}

async function readCopy(path: string): Promise<Copy | null> {
  try {
    return copySchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

async function withinDeadline(work: Promise<void>, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, deadlineMs);
  });
  await Promise.race([work, deadline]);
  clearTimeout(timer);
}
