import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { TrimtabError } from '#shared/errors.ts';
import { type Caller, ROLES, type Role } from './api-route.ts';

const tokenFileSchema = z.object({
  version: z.literal(1),
  tokens: z.array(z.object({ name: z.string(), role: z.enum(ROLES), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});

type TokenFile = z.infer<typeof tokenFileSchema>;

export interface AccessTokens {
  /** The caller behind a bearer token, or null. Takes the same time for every wrong token. */
  callerOf(token: string): Caller | null;
}

const FILE_NAME = 'api-tokens.json';
const TOKEN_BYTES = 32;
const OWNER_ONLY = 0o600;
const ENVIRONMENT_NAME = 'environment';

/** Where the hashes of the API's tokens are kept; readable by its owner only. */
export function tokenFilePath(dataDir: string): string {
  return join(dataDir, FILE_NAME);
}

/**
 * Makes the first admin token of a data folder. Returns it once, to be shown; null when there are tokens already. Two
 * processes that do so at once make one.
 */
export async function ensureAdminToken(dataDir: string): Promise<string | null> {
  if ((await readTokenFile(dataDir)) !== null) return null;
  const { token, entry } = newToken('admin', 'admin');
  const created = await writeTokenFile(dataDir, { version: 1, tokens: [entry] }, 'create');
  return created ? token : null;
}

/** Adds a token; returns it once. A token of the same name is replaced. */
export async function addToken(dataDir: string, name: string, role: Role): Promise<string> {
  const file = (await readTokenFile(dataDir)) ?? { version: 1, tokens: [] };
  const { token, entry } = newToken(name, role);
  const tokens = [...file.tokens.filter((each) => each.name !== name), entry];
  await writeTokenFile(dataDir, { version: 1, tokens }, 'replace');
  return token;
}

/** The tokens of a data folder, and the admin token of the environment beside them. */
export async function readAccessTokens(dataDir: string, adminToken: string | undefined): Promise<AccessTokens> {
  const file = await readTokenFile(dataDir);
  const entries = (file?.tokens ?? []).map((entry) => ({
    caller: { name: entry.name, role: entry.role },
    hash: Buffer.from(entry.sha256, 'hex') as Uint8Array,
  }));
  if (adminToken !== undefined) {
    entries.push({ caller: { name: ENVIRONMENT_NAME, role: 'admin' }, hash: hashOf(adminToken) });
  }
  return {
    callerOf(token) {
      const hash = hashOf(token);
      let caller: Caller | null = null;
      // All are compared, so that the time does not tell which came near.
      for (const entry of entries) if (timingSafeEqual(entry.hash, hash)) caller = entry.caller;
      return caller;
    },
  };
}

async function readTokenFile(dataDir: string): Promise<TokenFile | null> {
  const path = tokenFilePath(dataDir);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    return tokenFileSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new TrimtabError('invalid_config', `${path} is damaged; remove it to have a new admin token made`, { cause });
  }
}

/** Whole or not at all; `create` gives way to a file that is there already and returns false. */
async function writeTokenFile(dataDir: string, file: TokenFile, mode: 'create' | 'replace'): Promise<boolean> {
  await mkdir(dataDir, { recursive: true });
  const path = tokenFilePath(dataDir);
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(temporary, `${JSON.stringify(file, null, 2)}\n`, { mode: OWNER_ONLY, flag: 'wx' });
  await chmod(temporary, OWNER_ONLY);
  if (mode === 'replace') {
    await rename(temporary, path);
    return true;
  }
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

function newToken(name: string, role: Role): { token: string; entry: TokenFile['tokens'][number] } {
  const token = `tta_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  return { token, entry: { name, role, sha256: hashOf(token).toString('hex') } };
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
