import { writevSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import type { AppendFile, SpoolFiles } from './spool-files.ts';

/** The spool's files on the real disk. */
export const nodeSpoolFiles: SpoolFiles = {
  makeDirectory: async (path) => void (await mkdir(path, { recursive: true, mode: 0o700 })),
  list: (path) => readdir(path).catch(whenMissing<readonly string[]>([])),
  createAppend: async (path) => appendFile(await open(path, 'ax', 0o600)),
  size: async (path) => (await stat(path)).size,
  read: (path, offset, length) => withFile(path, 'r', (file) => readFully(file, offset, length)),
  readText: (path) => readFile(path, 'utf8').catch(whenMissing<string | null>(null)),
  truncate: (path, length) =>
    withFile(path, 'r+', async (file) => {
      await file.truncate(length);
      await file.sync();
    }),
  rename,
  // `rm` looks first at what it is, twice.
  remove: (path) => unlink(path).catch(whenMissing<void>(undefined)),
  syncDirectory: (path) => withFile(path, 'r', (directory) => directory.sync()),
};

function appendFile(file: FileHandle): AppendFile {
  return {
    append: (buffers) => writeFully(file, buffers),
    sync: () => file.datasync(),
    close: () => file.close(),
  };
}

/**
 * One writev in all but the rare case that the system takes only a part. It goes into the system's memory, in less time
 * than the way to another thread and back takes; only the sync waits for the disk, and that on another thread.
 */
async function writeFully(file: FileHandle, buffers: readonly Buffer[]): Promise<void> {
  const total = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  const written = writevSync(file.fd, [...buffers]);
  if (written === total) return;
  const rest = Buffer.concat(buffers).subarray(written);
  for (let offset = 0; offset < rest.length; ) {
    const part = await file.write(rest, offset);
    if (part.bytesWritten === 0) throw new Error('the disk took no bytes');
    offset += part.bytesWritten;
  }
}

async function readFully(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  // In memory of its own, so that it can be given back.
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled === length ? buffer : buffer.subarray(0, filled);
}

async function withFile<T>(path: string, flags: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

function whenMissing<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return value;
    throw error;
  };
}
