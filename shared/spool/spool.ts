import type { CallRecord } from '#shared/domain/call-record.ts';
import type { OfferedCall } from '#shared/domain/offered-call.ts';
import type { Frame } from './frame.ts';
import type { SpoolBatch } from './spool-reader.ts';
import type { ProjectTotals } from './spool-state.ts';

/** Where a gateway puts its finished calls, so that no call waits for the database and none is lost with it down. */
export interface SpoolSource {
  /**
   * Marks a call as taken, before any upstream work. Never waits. A call that a crash leaves with this marker alone is
   * counted as lost before durable, once. A full spool marks nothing.
   *
   * @param projectId the spool's own project when absent
   */
  begin(callId: string, projectId?: string): void;
  /**
   * Hands over a finished call. Never waits and never throws, and holds on to nothing that it is given. `dropped` means
   * that the spool is full: the newest call is given up, and counted durably.
   */
  offer(offered: OfferedCall | CallRecord): 'accepted' | 'dropped';
  /** Whether a call that is offered now would be given up. */
  isFull(): boolean;
  /** Resolves when everything given so far is on the disk, as a record or as a counted drop. */
  flush(): Promise<void>;
  stats(): SpoolStats;
}

/** The other end: what a drainer needs. */
export interface SpoolSink {
  /** Of this directory; counters are kept under it. */
  readonly spoolId: string;
  readonly gatewayId: string;
  /** What is durable and what is acknowledged, per project, at one moment. */
  totals(): SpoolTotals;
  /** Bytes of all segments. */
  bytes(): number;
  /** Durable records that are not acknowledged yet. */
  pendingRecords(): number;
  /** Whether more waits to be written than the writer can make durable at once. */
  isPressed(): boolean;
  /** The next durable frames, or null. The same again until acknowledged. For one drainer only. */
  nextBatch(): Promise<SpoolBatch | null>;
  /** The batch is done with, and the bodies of its frames are gone with it. */
  acknowledge(batch: SpoolBatch): Promise<void>;
  /** Records behind a batch in hand, to be made ready meanwhile; the same ones are in the next batch. */
  ahead?(batch: SpoolBatch): Promise<readonly Frame[]>;
  /** Keeps a record that no store takes for a person to look at. Returns its path, or null when there is no room. */
  quarantine(name: string, body: Buffer): Promise<string | null>;
  /** Called after every durable group; returns the function that ends it. */
  onDurable(listener: () => void): () => void;
}

/** Both ends in one thread. */
export interface Spool extends SpoolSource, SpoolSink {
  /** Makes durable what was given, with a deadline, and closes the files. */
  close(): Promise<void>;
}

interface SpoolTotals {
  readonly durable: ReadonlyMap<string, ProjectTotals>;
  readonly drained: ReadonlyMap<string, ProjectTotals>;
}

export interface SpoolStats {
  /** Records in memory that are not durable yet. */
  readonly bufferedRecords: number;
  /** Durable records that are not acknowledged yet. */
  readonly pendingRecords: number;
  /** Calls begun and not finished. */
  readonly openCalls: number;
  readonly bytes: number;
  readonly bytesMax: number;
  /** Counts over the life of the directory. */
  readonly records: number;
  readonly dropped: number;
  readonly lostBeforeDurable: number;
  /** Since this process started. */
  readonly writeFailures: number;
  readonly damagedPlaces: number;
  /** Milliseconds since a group last became durable, or null when none did since the start. */
  readonly sinceDurableMs: number | null;
}
