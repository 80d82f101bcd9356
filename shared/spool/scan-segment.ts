import { type Frame, findFrame, readFrame } from './frame.ts';

export interface SegmentScan {
  readonly frames: readonly Frame[];
  /** Where the last whole frame ends. What follows is a torn tail. */
  readonly end: number;
  /** Places between whole frames that are not frames: the disk changed what had been written. */
  readonly damagedPlaces: number;
}

/**
 * Reads all whole frames of a segment, also those behind a damaged place. Bytes behind the last whole frame are a torn
 * tail: a write that a crash cut.
 */
export function scanSegment(bytes: Buffer): SegmentScan {
  const frames: Frame[] = [];
  let end = 0;
  let damagedPlaces = 0;
  for (let offset: number | null = 0; offset !== null && offset < bytes.length; ) {
    const read = readFrame(bytes, offset);
    if (read.type === 'frame') {
      frames.push(read.frame);
      end = read.end;
      offset = read.end;
    } else {
      offset = findFrame(bytes, offset + 1);
      if (offset !== null) damagedPlaces += 1;
    }
  }
  return { frames, end, damagedPlaces };
}
