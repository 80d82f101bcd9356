import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { TrimtabError } from '#shared/errors.ts';

/** User and database of the embedded PostgreSQL. */
export const EMBEDDED_NAME = 'trimtab';

const SETTINGS = z.object({
  /** Where the database files are: inside the data folder, or elsewhere when PostgreSQL's user cannot get in there. */
  pgdata: z.string().optional(),
  /** Shown in the title of every PostgreSQL process of this database, which tells them from anybody else's. */
  clusterName: z.string(),
  port: z.number().int(),
  password: z.string(),
});

/** What the data folder remembers of its database; readable by its owner only. */
export type EmbeddedSettings = z.infer<typeof SETTINGS>;

const PASSWORD_BYTES = 24;
const CLUSTER_ID_BYTES = 6;

function settingsFile(dataDir: string): string {
  return join(dataDir, 'postgres.json');
}

export function readEmbeddedSettings(dataDir: string): EmbeddedSettings | undefined {
  const file = settingsFile(dataDir);
  if (!existsSync(file)) return undefined;
  try {
    return SETTINGS.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new TrimtabError('invalid_config', `${file} cannot be read; it holds the password of the database`, {
      cause,
    });
  }
}

/** Replaces the file in one step that survives a power cut: without the password the database would be lost. */
export function writeEmbeddedSettings(dataDir: string, settings: EmbeddedSettings): void {
  const file = settingsFile(dataDir);
  const draft = `${file}.${process.pid}`;
  const handle = openSync(draft, 'w', 0o600);
  try {
    writeFileSync(handle, `${JSON.stringify(settings, null, 2)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, file);
}

/** Settings for a data folder that has no database yet. */
export function createEmbeddedSettings(port: number): EmbeddedSettings {
  return {
    clusterName: `${EMBEDDED_NAME}-${randomBytes(CLUSTER_ID_BYTES).toString('hex')}`,
    port,
    password: randomBytes(PASSWORD_BYTES).toString('base64url'),
  };
}

export function connectionStringOf(settings: EmbeddedSettings, database: string = EMBEDDED_NAME): string {
  return `postgres://${EMBEDDED_NAME}:${settings.password}@127.0.0.1:${settings.port}/${database}`;
}

/**
 * The address of the database that a running `trimtab up` keeps in this folder, for commands beside it.
 * Undefined when the folder has no embedded database; says nothing about whether it runs now.
 */
export function embeddedConnectionString(dataDir: string): string | undefined {
  const settings = readEmbeddedSettings(dataDir);
  return settings === undefined ? undefined : connectionStringOf(settings);
}
