import {
  close,
  closeSync,
  fdatasync,
  fdatasyncSync,
  fsync,
  fsyncSync,
  openSync,
  read,
  readSync,
  renameSync,
  unlinkSync,
  write,
  writevSync,
} from 'node:fs';
import { mkdir, open, readdir, readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DiskPace } from './disk-pace.ts';
import type { AppendFile, SpoolFiles } from './spool-files.ts';

const now = () => performance.now();
const syncing = new DiskPace(now);
const reading = new DiskPace(now);
const besideIt = {
  close: promisify(close),
  fdatasync: promisify(fdatasync),
  fsync: promisify(fsync),
  read: promisify(read),
  write: promisify(write),
};

/**
 * The spool's files on the real disk. What only touches the system's memory (names, what is written and not synced yet)
 * is done at once, in less time than the way to another thread and back takes. What may wait for the disk itself goes by
 * that disk's pace.
 */
export const nodeSpoolFiles: SpoolFiles = {
  makeDirectory: async (path) => void (await mkdir(path, { recursive: true, mode: 0o700 })),
  list: (path) => readdir(path).catch(whenMissing<readonly string[]>([])),
  createAppend: async (path) => appendFile(openSync(path, 'ax', 0o600)),
  size: async (path) => (await stat(path)).size,
  read: (path, offset, length) => withFile(path, (fd) => readFully(fd, offset, length)),
  readText: (path) => readFile(path, 'utf8').catch(whenMissing<string | null>(null)),
  truncate: async (path, length) => {
    const file = await open(path, 'r+');
    try {
      await file.truncate(length);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  rename: async (from, to) => renameSync(from, to),
  remove: async (path) => {
    try {
      // `rm` looks first at what it is, twice.
      unlinkSync(path);
    } catch (error) {
      whenMissing<void>(undefined)(error as NodeJS.ErrnoException);
    }
  },
  syncDirectory: (path) =>
    withFile(path, (fd) =>
      syncing.run(
        () => fsyncSync(fd),
        () => besideIt.fsync(fd),
      ),
    ),
};

function appendFile(fd: number): AppendFile {
  return {
    append: (buffers) => writeFully(fd, buffers),
    sync: () =>
      syncing.run(
        () => fdatasyncSync(fd),
        () => besideIt.fdatasync(fd),
      ),
    close: async () => closeSync(fd),
  };
}

/** One writev in all but the rare case that the system takes only a part. */
async function writeFully(fd: number, buffers: readonly Buffer[]): Promise<void> {
  const total = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  const written = writevSync(fd, [...buffers]);
  if (written === total) return;
  const rest = Buffer.concat(buffers).subarray(written);
  for (let offset = 0; offset < rest.length; ) {
    const { bytesWritten } = await besideIt.write(fd, rest, offset);
    if (bytesWritten === 0) throw new Error('the disk took no bytes');
    offset += bytesWritten;
  }
}

async function readFully(fd: number, offset: number, length: number): Promise<Buffer> {
  // In memory of its own, so that it can be given back.
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const at = [buffer, filled, length - filled, offset + filled] as const;
    const bytesRead = await reading.run(
      () => readSync(fd, ...at),
      async () => (await besideIt.read(fd, ...at)).bytesRead,
    );
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled === length ? buffer : buffer.subarray(0, filled);
}

async function withFile<T>(path: string, work: (fd: number) => Promise<T>): Promise<T> {
  const fd = openSync(path, 'r');
  try {
    return await work(fd);
  } finally {
    closeSync(fd);
  }
}

function whenMissing<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return value;
    throw error;
  };
}
