import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { recordsOnDisk } from '../../../testing/answered-calls.ts';

/** What a spool's folder says, read past the code that wrote it. */
export interface SpoolOnDisk {
  readonly spoolId: string;
  /** As the checkpoint counts them, by project. */
  readonly projects: ReadonlyMap<string, { readonly records: number; readonly dropped: number; readonly lost: number }>;
  /** Call ids of records in segments, delivered or not. */
  readonly records: readonly string[];
}

const count = z.int().nonnegative();
const checkpointSchema = z.looseObject({
  spoolId: z.string(),
  projects: z.array(z.tuple([z.string(), z.object({ records: count, dropped: count, lost: count })])),
});

export function readSpoolFolder(folder: string): SpoolOnDisk {
  const path = join(folder, 'checkpoint.json');
  if (!existsSync(path)) return { spoolId: '', projects: new Map(), records: [] };
  const { spoolId, projects } = checkpointSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  return { spoolId, projects: new Map(projects), records: recordsOnDisk(folder) };
}
