import { join } from 'node:path';
import type { SpoolFiles } from './spool-files.ts';
import { QUARANTINE_BYTES_MAX } from './spool-limits.ts';
import { QUARANTINE_FOLDER } from './spool-reader.ts';

/** Writes refused records into a folder beside the segments, as long as there is room. Names are used once. */
export function createQuarantine(
  deps: { readonly files: SpoolFiles },
  directory: string,
): (name: string, body: Buffer) => Promise<string | null> {
  const folder = join(directory, QUARANTINE_FOLDER);
  const { files } = deps;

  async function bytesUsed(names: readonly string[]): Promise<number> {
    let bytes = 0;
    for (const name of names) bytes += await files.size(join(folder, name));
    return bytes;
  }

  return async (name, body) => {
    await files.makeDirectory(folder);
    const names = await files.list(folder);
    const path = join(folder, name);
    if (names.includes(name)) return path;
    if ((await bytesUsed(names)) + body.length > QUARANTINE_BYTES_MAX) return null;
    // A name without its whole content would be taken for done after a crash.
    const temporary = `${path}.new`;
    await files.remove(temporary);
    const file = await files.createAppend(temporary);
    try {
      await file.append([body]);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(temporary, path);
    await files.syncDirectory(folder);
    return path;
  };
}
