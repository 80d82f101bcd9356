import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '#shared/database/connect.ts';
import { type Erasure, isErased, readErasureGeneration, readErasures } from '#shared/database/purge/erasure.ts';
import { noteErasedLetter } from '#shared/database/purge/note-erased-letter.ts';
import { readBlockKey } from '#shared/database/purge/read-block-key.ts';
import type { Log } from '#shared/log.ts';
import { decodeRecord } from './record-payload.ts';
import { QUARANTINE_FOLDER } from './spool-reader.ts';
import type { SpoolStore } from './spool-store.ts';

export interface EraseOnDiskDeps {
  readonly database: Database;
  readonly spool: Pick<SpoolStore, 'forgetAcknowledged'>;
  /** Of the spool. */
  readonly directory: string;
  readonly log: Log;
}

const RECORD_NAME = /^(?<spoolId>[0-9a-f-]{36})-(?<sequence>\d+)\.record$/;

/**
 * Looks whether somebody has asked to erase calls, and takes them off this disk: segments whose records are delivered
 * go at once instead of when they are full, and with them what is set aside. Undelivered records are left out by the
 * store when they are delivered.
 *
 * @returns the look, to be repeated; true when there was something to do
 */
export function createDiskEraser(deps: EraseOnDiskDeps): () => Promise<boolean> {
  // The first look erases what was asked for while this process was down.
  let seen = 0;
  return async () => {
    const generation = await readErasureGeneration(deps.database);
    if (generation === seen) return false;
    await deps.spool.forgetAcknowledged();
    await eraseQuarantined(deps);
    seen = generation;
    return true;
  };
}

async function eraseQuarantined({ database, directory, log }: EraseOnDiskDeps): Promise<void> {
  const folder = join(directory, QUARANTINE_FOLDER);
  const known = new Map<string, { readonly key: Buffer; readonly erasures: readonly Erasure[] }>();
  const erasuresOf = async (projectId: string) => {
    const read = known.get(projectId) ?? {
      key: await readBlockKey(database, projectId),
      erasures: await readErasures(database, projectId),
    };
    known.set(projectId, read);
    return read;
  };
  const projects = await database.selectFrom('project').select('projectId').execute();
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const decoded = RECORD_NAME.test(name) ? await decodeRecord(await readFile(path)) : null;
    if (decoded?.type === 'record') {
      const { call } = decoded.offered;
      const { key, erasures } = await erasuresOf(call.projectId);
      if (!isErased(key, erasures, call)) continue;
    } else {
      // What cannot be read cannot be said to be another's: the first erasure of any project after it takes it along.
      const changedAt = (await stat(path)).mtimeMs;
      const all = await Promise.all(projects.map(({ projectId }) => erasuresOf(projectId)));
      if (!all.some(({ erasures }) => erasures.some(({ startedBefore }) => changedAt < startedBefore))) continue;
    }
    const place = RECORD_NAME.exec(name)?.groups;
    if (place !== undefined) await noteErasedLetter(database, place['spoolId'] ?? '', Number(place['sequence']));
    await rm(path, { force: true });
    log.info({ path }, 'a record that was set aside is erased');
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
