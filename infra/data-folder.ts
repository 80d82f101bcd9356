import { mkdirSync, realpathSync } from 'node:fs';
import { TrimtabError } from '#shared/errors.ts';

/** Root's folder lets the user that runs PostgreSQL pass through, but not look around. */
const PASSAGE_ONLY = 0o711;
const OWNER_ONLY = 0o700;

/** Makes the folder that holds all state of this machine, and gives its real path. An existing one stays as it is. */
export function openDataFolder(dataDir: string): string {
  try {
    mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? PASSAGE_ONLY : OWNER_ONLY });
    return realpathSync(dataDir);
  } catch (cause) {
    throw new TrimtabError(
      'invalid_config',
      `The data folder ${dataDir} cannot be used (${cause instanceof Error ? cause.message : cause}). ` +
        'Set TRIMTAB_DATA_DIR to a folder that you may write to.',
      { cause },
    );
  }
}
