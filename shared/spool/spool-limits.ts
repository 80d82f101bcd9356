/** Limits of the spool. Options let a test shrink them; a gateway runs with these. */

export const SEGMENT_BYTES_MAX = 16 * 1_024 * 1_024;
/** Room is given back by whole segments, so a spool has to consist of several. */
export const SEGMENTS_MIN = 4;
/** Records of one group: a larger group would make the first record in it wait for the last. */
export const GROUP_BYTES_MAX = 256 * 1_024;
/** One record's payload. A request body is at most 32 MB before it gets here, so this is a net and not a rule. */
export const FRAME_BYTES_MAX = 64 * 1_024 * 1_024;
/** All segments on disk. A full spool drops the newest record and counts it. */
export const SPOOL_BYTES_MAX = 1_024 * 1_024 * 1_024;
/** Records that wait to be turned into bytes. */
export const RING_RECORDS_MAX = 1_024;
/** Bytes that wait for the disk. */
export const RING_BYTES_MAX = 64 * 1_024 * 1_024;
/** Records turned into bytes before traffic has its turn: some milliseconds of work. */
export const ENCODED_PER_TURN = 8;
/** Below this zstd costs more than it saves. */
export const COMPRESS_FROM_BYTES = 1_024;

export const WRITE_BACKOFF_MIN_MS = 50;
export const WRITE_BACKOFF_MAX_MS = 5_000;
/** Closing waits this long for a disk that fails, then gives up what is not durable. */
export const CLOSE_DEADLINE_MS = 5_000;

export const BATCH_RECORDS_MAX = 100;
export const BATCH_BYTES_MAX = 2 * 1_024 * 1_024;
/** Markers are small; a batch without records still ends somewhere. */
export const BATCH_FRAMES_MAX = 10_000;
export const READ_CHUNK_BYTES = 1 * 1_024 * 1_024;

export const DRAIN_BACKOFF_MIN_MS = 100;
export const DRAIN_BACKOFF_MAX_MS = 5_000;
/** Records that no store takes are kept beside the spool for a person to look at, up to this many bytes. */
export const QUARANTINE_BYTES_MAX = 256 * 1_024 * 1_024;
