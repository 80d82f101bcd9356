import { join } from 'node:path';
import * as z from 'zod';
import type { SpoolFiles } from './spool-files.ts';
import type { SpoolState } from './spool-state.ts';

/** Where reading goes on after a restart, and the log folded up to there. */
export interface Checkpoint {
  /** Made with the directory. Its counters are kept apart from those of any other spool of the same gateway. */
  readonly spoolId: string;
  readonly segment: number;
  readonly offset: number;
  readonly state: SpoolState;
  /** Drops that were added to the state by the last checkpoint which added any. */
  readonly dropBatches: readonly string[];
}

const FILE = 'checkpoint.json';
const TEMPORARY = 'checkpoint.json.new';

const count = z.number().int().nonnegative();
const checkpointSchema = z.object({
  v: z.literal(1),
  spoolId: z.uuid(),
  segment: count,
  offset: count,
  sequence: count,
  projects: z.array(z.tuple([z.string(), z.object({ records: count, dropped: count, lost: count })])),
  open: z.array(z.tuple([z.string(), z.string()])),
  dropBatches: z.array(z.string()).default([]),
});

/** Replaces the checkpoint as one step: after a crash there is the old one or the new one, whole. */
export async function writeCheckpoint(files: SpoolFiles, directory: string, checkpoint: Checkpoint): Promise<void> {
  const temporary = join(directory, TEMPORARY);
  await files.remove(temporary);
  const file = await files.createAppend(temporary);
  try {
    await file.append([Buffer.from(toText(checkpoint))]);
    await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(temporary, join(directory, FILE));
  await files.syncDirectory(directory);
}

/** Null when there is none; `unreadable` when the disk changed it. */
export async function readCheckpoint(files: SpoolFiles, directory: string): Promise<Checkpoint | 'unreadable' | null> {
  const text = await files.readText(join(directory, FILE));
  if (text === null) return null;
  try {
    const { sequence, projects, open, ...place } = checkpointSchema.parse(JSON.parse(text));
    return { ...place, state: { sequence, projects: new Map(projects), open: new Map(open) } };
  } catch {
    return 'unreadable';
  }
}

function toText({ spoolId, segment, offset, state, dropBatches }: Checkpoint): string {
  return JSON.stringify({
    v: 1,
    spoolId,
    segment,
    offset,
    sequence: state.sequence,
    projects: [...state.projects],
    open: [...state.open],
    dropBatches,
  });
}
