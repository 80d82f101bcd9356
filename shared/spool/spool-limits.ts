/** Limits of the spool. Options let a test shrink them; a gateway runs with these. */

export const SEGMENT_BYTES_MAX = 16 * 1_024 * 1_024;
/** Room is given back by whole segments, so a spool has to consist of several. */
export const SEGMENTS_MIN = 4;
/**
 * Frames of one group: a larger one would make the first record in it wait for the last. In a burst the group is what
 * came in during one sync, and has to hold all of it.
 */
export const GROUP_BYTES_MAX = 8 * 1_024 * 1_024;
/**
 * A group gathers this long before it is written: a sync costs as much of the processor as 100 kB of record, and a begin
 * marker alone is worth none. Milliseconds.
 */
export const GROUP_LINGER_MS = 3;
/** One record's payload. A request body is at most 32 MB before it gets here, so this is a net and not a rule. */
export const FRAME_BYTES_MAX = 64 * 1_024 * 1_024;
/** All segments on disk. What a full spool does with a call is configured. */
export const SPOOL_BYTES_MAX = 1_024 * 1_024 * 1_024;
/** Records in memory that wait for the disk. */
export const RING_RECORDS_MAX = 16_384;
/** Bytes in memory that wait for the disk; only what is used of it is ever taken from the machine. */
export const RING_BYTES_MAX = 96 * 1_024 * 1_024;
/** What could not be given up durably, because memory or disk had no room, is tried again after this. Milliseconds. */
export const DROPS_RETRY_MS = 100;
/** Below this zstd costs more than it saves. */
export const COMPRESS_FROM_BYTES = 1_024;
/**
 * Records are compressed while more than this waits on the disk, which is half of what may: then room is scarcer than the
 * processor. To compress and unpack a record of 100 kB takes as much of it as to store the call.
 */
export const COMPRESS_FROM_BACKLOG_BYTES = 512 * 1_024 * 1_024;

export const WRITE_BACKOFF_MIN_MS = 50;
export const WRITE_BACKOFF_MAX_MS = 5_000;
/** Closing waits this long for a disk that fails, then gives up what is not durable. */
export const CLOSE_DEADLINE_MS = 5_000;

/** A thread that died is followed by another one after this. */
export const THREAD_BACKOFF_MIN_MS = 50;
export const THREAD_BACKOFF_MAX_MS = 5_000;
/** Closing waits this long for the thread, which may be in the middle of a batch. */
export const THREAD_CLOSE_DEADLINE_MS = 12_000;

export const BATCH_RECORDS_MAX = 200;
export const BATCH_BYTES_MAX = 8 * 1_024 * 1_024;
/** Markers are small; a batch without records still ends somewhere. */
export const BATCH_FRAMES_MAX = 10_000;
export const READ_CHUNK_BYTES = 1 * 1_024 * 1_024;

/**
 * A batch is waited for this long, or until it is half full: it costs as much as many calls in it, and calls that are being
 * served need the processor first. With a backlog nothing is waited for. Milliseconds.
 */
export const DRAIN_LINGER_MS = 1_000;
/**
 * While more than this waits in memory for the disk, the thread's time belongs to the writer: a batch is drained only
 * when that is over, or after this pause, which leaves a rate of two batches a second. Milliseconds.
 */
export const DRAIN_YIELD_FROM_BYTES = 16 * 1_024 * 1_024;
export const DRAIN_YIELD_MS = 500;
export const DRAIN_YIELD_STEP_MS = 20;
/**
 * The same in a burst of calls: while the serving thread works for more than half of its time, the processors are
 * theirs, and so is the database's. A burst that lasts is the usual load, and is drained as it comes.
 */
export const DRAIN_YIELD_FROM_BUSY = 0.5;
export const BURST_MS = 10_000;
/** How often the serving thread says how busy it is, milliseconds. */
export const BUSY_LOOK_MS = 100;
/**
 * A record that fails so often for a reason which is neither its data nor an outage is set aside like refused data: it
 * must not hold up all others for ever.
 */
export const DRAIN_TRIES_MAX = 8;
export const DRAIN_BACKOFF_MIN_MS = 100;
export const DRAIN_BACKOFF_MAX_MS = 2_000;
/** Records that no store takes are kept beside the spool for a person to look at, up to this many bytes. */
export const QUARANTINE_BYTES_MAX = 256 * 1_024 * 1_024;
