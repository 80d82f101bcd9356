import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { TrimtabError } from './errors.ts';
import { isRunning, type ProcessRecord, recordOf } from './process-identity.ts';

interface NamedProcess extends ProcessRecord {
  readonly name: string;
}

/** A lock held by this process. It is freed by `release`, or by the death of the process: then the next one takes it. */
export interface FolderLock {
  /** What a predecessor that was killed had started, and did not get to stop. */
  readonly abandoned: readonly NamedProcess[];
  /** Notes the processes that a successor would have to stop if this one is killed. */
  recordChildren(children: readonly NamedProcess[]): void;
  release(): void;
}

export type LockOutcome =
  | { readonly type: 'acquired'; readonly lock: FolderLock }
  | { readonly type: 'held'; readonly pid: number };

const PROCESS = z.object({ pid: z.number().int(), identity: z.string() });
const CONTENT = PROCESS.extend({ children: z.array(PROCESS.extend({ name: z.string() })) });
type Content = z.infer<typeof CONTENT>;

/** How often a lock may change hands under us before we give up; each turn means that another process won a race. */
const TURNS_MAX = 5;

function read(path: string): { readonly text: string; readonly content: Content | undefined } | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return { text, content: CONTENT.safeParse(JSON.parse(text)).data };
  } catch (error) {
    if (error instanceof SyntaxError) return { text: readFileSync(path, 'utf8'), content: undefined };
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes the whole content first and links it in place, so that a lock is never seen half-written. */
function tryCreate(path: string, text: string): boolean {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

/** Removes a dead holder's lock, and puts it back when it turns out to be the fresh one of somebody quicker. */
function removeStale(path: string, expected: string): void {
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = readFileSync(aside, 'utf8');
  if (moved !== expected) tryCreate(path, moved);
  unlinkSync(aside);
}

/**
 * Takes the lock file at `path` for this process. A holder counts only while the very process that wrote the file
 * runs: after a reboot or in a new container its number may belong to something else. Holders in another machine or
 * container that share the folder are not seen.
 */
export function acquireFolderLock(path: string): LockOutcome {
  const self = recordOf(process.pid);
  if (self === undefined) throw new TrimtabError('internal', 'this process cannot find itself in the process table');
  const textOf = (children: readonly NamedProcess[]) => JSON.stringify({ ...self, children });

  let abandoned: readonly NamedProcess[] = [];
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    if (tryCreate(path, textOf(abandoned))) return { type: 'acquired', lock: createLock(path, abandoned, textOf) };
    const holder = read(path);
    if (holder === undefined) continue;
    if (holder.content !== undefined && isRunning(holder.content)) return { type: 'held', pid: holder.content.pid };
    abandoned = (holder.content?.children ?? []).filter(isRunning);
    removeStale(path, holder.text);
  }
  throw new TrimtabError('conflict', `${path} keeps changing hands; another process is starting on the same folder`);
}

function createLock(
  path: string,
  abandoned: readonly NamedProcess[],
  textOf: (children: readonly NamedProcess[]) => string,
): FolderLock {
  let current = textOf(abandoned);
  return {
    abandoned,
    recordChildren(children) {
      current = textOf(children);
      const draft = `${path}.${process.pid}`;
      writeFileSync(draft, current, { mode: 0o600 });
      renameSync(draft, path);
    },
    release() {
      if (read(path)?.text === current) unlinkSync(path);
    },
  };
}
