import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface ConfigWatch {
  stop(): void;
}

/** How often the file is looked at: editors and secret mounts replace it, which notifications of some file systems miss. */
const LOOK_MS = 1_000;

/**
 * Calls `onChange` when the text of a file has become another one, never for a file that is away or the same.
 * A call that is under way is not run into: what changed meanwhile follows it.
 */
export function watchConfigFile(
  path: string,
  onChange: () => Promise<void>,
  options: { readonly lookMs?: number } = {},
): ConfigWatch {
  let seen = digestOf(path);
  let running: Promise<void> = Promise.resolve();
  const look = (): void => {
    const digest = digestOf(path);
    if (digest === null || digest === seen) return;
    seen = digest;
    running = running.then(onChange);
  };
  // Read and compared, because what tells of changes compares times, and two changes may have the same.
  const timer = setInterval(look, options.lookMs ?? LOOK_MS).unref();
  return { stop: () => clearInterval(timer) };
}

function digestOf(path: string): string | null {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return null;
  }
}
