import { join } from 'node:path';
import type { Log } from '#shared/log.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { Frame } from './frame.ts';
import { scanSegment } from './scan-segment.ts';
import { type SegmentCatalogue, segmentNumberOf, segmentPath } from './segment-catalogue.ts';
import type { SpoolFiles } from './spool-files.ts';
import { SpoolFold } from './spool-state.ts';

export interface Recovered {
  readonly checkpoint: Checkpoint;
  /** The whole log folded: what is durable, and in `open` the calls that the last process left without a record. */
  readonly durable: SpoolFold;
  /** Frames behind the checkpoint, as `frameName` names them. */
  readonly frameNames: ReadonlySet<string>;
  readonly nextSegment: number;
  readonly damagedPlaces: number;
  readonly tornBytes: number;
}

/** A call has at most one frame of each type. */
export function frameName(frame: Pick<Frame, 'type' | 'callId'>): string {
  return `${frame.type} ${frame.callId}`;
}

/** Reads what the last process left: cuts the torn tail, keeps every whole record, counts what is damaged. */
export async function recoverSpool(
  deps: {
    readonly files: SpoolFiles;
    readonly log: Log;
    readonly catalogue: SegmentCatalogue;
    readonly newSpoolId: () => string;
  },
  directory: string,
): Promise<Recovered> {
  const { files, catalogue, log } = deps;
  await files.makeDirectory(directory);
  const checkpoint = await openCheckpoint(deps, directory);
  const numbers = (await files.list(directory)).map(segmentNumberOf).filter((number) => number !== null);
  numbers.sort((left, right) => left - right);
  const durable = new SpoolFold(checkpoint.state);
  const last = numbers.at(-1);
  const frameNames = new Set<string>();
  let damagedPlaces = 0;
  let tornBytes = 0;
  for (const number of numbers) {
    const path = segmentPath(directory, number);
    if (number < checkpoint.segment) {
      await files.remove(path);
      continue;
    }
    const size = await files.size(path);
    const scan = scanSegment(await files.read(path, 0, size));
    for (const frame of scan.frames) {
      durable.apply(frame);
      frameNames.add(frameName(frame));
    }
    damagedPlaces += scan.damagedPlaces;
    tornBytes += size - scan.end;
    if (scan.end === 0) await files.remove(path);
    else {
      // What was read may lie in the system's memory only, and counts as durable from here on; truncating also syncs.
      await files.truncate(path, number === last ? scan.end : size);
      catalogue.set({ number, length: scan.end, isDamaged: scan.damagedPlaces > 0 });
    }
  }
  if (damagedPlaces > 0) log.error({ damagedPlaces }, 'spool segments are damaged; whole records were kept');
  await files.syncDirectory(directory);
  const nextSegment = Math.max(last ?? 0, checkpoint.segment) + 1;
  return { checkpoint, durable, frameNames, nextSegment, damagedPlaces, tornBytes };
}

async function openCheckpoint(
  deps: { readonly files: SpoolFiles; readonly log: Log; readonly newSpoolId: () => string },
  directory: string,
): Promise<Checkpoint> {
  const found = await readCheckpoint(deps.files, directory);
  if (found !== null && found !== 'unreadable') return found;
  if (found === 'unreadable') {
    // Storing a call twice is harmless, so reading starts over; only the old counts cannot be continued.
    deps.log.error({ directory }, 'spool checkpoint is unreadable; all segments are read again');
    const kept = `checkpoint.unreadable-${deps.newSpoolId()}`;
    await deps.files.rename(join(directory, 'checkpoint.json'), join(directory, kept));
  }
  const fresh = { spoolId: deps.newSpoolId(), segment: 0, offset: 0, state: new SpoolFold(), dropBatches: [] };
  // The id has to be the same after a crash: counters in the database are kept under it.
  await writeCheckpoint(deps.files, directory, fresh);
  return fresh;
}
