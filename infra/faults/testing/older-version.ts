import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The code as it was before the newest migration: what still runs while others are already newer. */
export interface OlderVersion {
  readonly folder: string;
  readonly commit: string;
  dispose(): void;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MIGRATIONS = 'shared/database/migrations/*.ts';
const ARCHIVE_BYTES_MAX = 512 * 1_024 * 1_024;

/** The newest commit without the newest migration, from the repository's own history; null in a checkout without one. */
export function findOlderCommit(): string | null {
  try {
    const added = git('log', '-1', '--diff-filter=A', '--format=%H', '--', MIGRATIONS).toString().trim();
    return added === '' ? null : git('rev-parse', '--verify', '--quiet', `${added}^`).toString().trim();
  } catch {
    return null;
  }
}

/** Puts the older code into a folder of its own, with the packages of this one. */
export function checkOutOlder(commit: string): OlderVersion {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-older-'));
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-x', '-C', folder], { input: git('archive', commit) });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return { folder, commit, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

function git(...options: readonly string[]): Buffer {
  return execFileSync('git', options, { cwd: ROOT, maxBuffer: ARCHIVE_BYTES_MAX, stdio: ['ignore', 'pipe', 'ignore'] });
}
