import type { SpoolSink } from './spool.ts';
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX } from './spool-limits.ts';
import type { SpoolBatch } from './spool-reader.ts';

/** Whether a batch is more than half full. */
export function isLargeBatch({ records }: SpoolBatch): boolean {
  const bytes = records.reduce((sum, frame) => sum + frame.body.length, 0);
  return isLargeCount(records.length) || bytes * 2 > BATCH_BYTES_MAX;
}

/** Whether the records that wait would make one. How large they are is known when they are read. */
export function hasLargeBatch(spool: Pick<SpoolSink, 'pendingRecords'>): boolean {
  return isLargeCount(spool.pendingRecords());
}

function isLargeCount(records: number): boolean {
  return records * 2 > BATCH_RECORDS_MAX;
}
