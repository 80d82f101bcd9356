import { dirname } from 'node:path';
import type { AppendFile, SpoolFiles } from '#shared/spool/spool-files.ts';
import type { Life, Schedule } from './schedule.ts';

interface Inode {
  bytes: Buffer;
  /** Of `bytes`, from the start, what a power cut leaves. */
  durableLength: number;
}

type NameChange =
  | { readonly type: 'link'; readonly path: string; readonly inode: Inode }
  | { readonly type: 'unlink'; readonly path: string };

/** What a disk may do wrong, as shares of its operations. */
export interface DiskFaults {
  readonly errorShare: number;
  readonly slowShare: number;
}

const SLOW_MS = 400;

/**
 * A disk that keeps its promises and not one more: bytes are durable after a sync of their file, names after a sync of
 * their folder. A crash keeps any part of the rest, torn anywhere.
 */
export class MemoryDisk {
  readonly #schedule: Schedule;
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #changes: NameChange[] = [];
  faults: DiskFaults;
  failures = 0;

  constructor(schedule: Schedule, faults: DiskFaults) {
    this.#schedule = schedule;
    this.faults = faults;
  }

  /** The machine goes down: of what was not synced, the disk has any part. */
  crash(): void {
    const kept = this.#changes.slice(0, this.#schedule.below(this.#changes.length + 1));
    for (const change of kept) applyTo(this.#durableNames, change);
    this.#changes = [];
    this.#names = new Map(this.#durableNames);
    for (const inode of new Set(this.#names.values())) {
      const unsynced = inode.bytes.length - inode.durableLength;
      const length = inode.durableLength + this.#schedule.below(unsynced + 1);
      inode.bytes = inode.bytes.subarray(0, length);
      inode.durableLength = length;
    }
  }

  /** The disk as one life of the process sees it. */
  filesFor(life: Life): SpoolFiles {
    const act = <T>(kind: string, work: () => T) => this.#act(life, kind, work);
    return {
      makeDirectory: async () => {},
      list: (path) =>
        act('list', () =>
          [...this.#names.keys()].filter((name) => dirname(name) === path).map((name) => name.slice(path.length + 1)),
        ),
      createAppend: (path) =>
        act('create', () => {
          if (this.#names.has(path)) throw errorOf('EEXIST');
          const inode: Inode = { bytes: Buffer.alloc(0), durableLength: 0 };
          this.#change({ type: 'link', path, inode });
          return this.#appendFile(life, inode);
        }),
      size: (path) => act('size', () => this.#inode(path).bytes.length),
      read: (path, offset, length) =>
        act('read', () => Buffer.from(this.#inode(path).bytes.subarray(offset, offset + length))),
      readText: (path) => act('readText', () => this.#names.get(path)?.bytes.toString('utf8') ?? null),
      truncate: (path, length) =>
        act('truncate', () => {
          const inode = this.#inode(path);
          inode.bytes = inode.bytes.subarray(0, length);
          inode.durableLength = length;
        }),
      rename: (from, to) =>
        act('rename', () => {
          this.#change({ type: 'link', path: to, inode: this.#inode(from) });
          this.#change({ type: 'unlink', path: from });
        }),
      remove: (path) =>
        act('remove', () => {
          if (this.#names.has(path)) this.#change({ type: 'unlink', path });
        }),
      syncDirectory: () =>
        act('syncDirectory', () => {
          for (const change of this.#changes.splice(0)) applyTo(this.#durableNames, change);
        }),
    };
  }

  #appendFile(life: Life, inode: Inode): AppendFile {
    return {
      append: async (buffers) => {
        const bytes = Buffer.concat(buffers);
        try {
          await this.#act(life, 'append', () => {
            inode.bytes = Buffer.concat([inode.bytes, bytes]);
          });
        } catch (error) {
          // How much was written of what failed, nobody knows.
          inode.bytes = Buffer.concat([inode.bytes, bytes.subarray(0, this.#schedule.below(bytes.length + 1))]);
          throw error;
        }
      },
      sync: () =>
        this.#act(life, 'sync', () => {
          inode.durableLength = inode.bytes.length;
        }),
      close: async () => {},
    };
  }

  async #act<T>(life: Life, kind: string, work: () => T): Promise<T> {
    const { errorShare, slowShare } = this.faults;
    await this.#schedule.turn(life, this.#schedule.chance(slowShare) ? SLOW_MS : 0);
    if (this.#schedule.chance(errorShare)) {
      this.failures += 1;
      throw errorOf(kind === 'append' ? 'ENOSPC' : 'EIO');
    }
    return work();
  }

  #change(change: NameChange): void {
    applyTo(this.#names, change);
    this.#changes.push(change);
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw errorOf('ENOENT');
    return inode;
  }
}

function applyTo(names: Map<string, Inode>, change: NameChange): void {
  if (change.type === 'link') names.set(change.path, change.inode);
  else names.delete(change.path);
}

function errorOf(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}
