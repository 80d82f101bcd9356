import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Log } from '#shared/log.ts';
import { FrameRing } from './frame-ring.ts';
import type { GroupWriterDeps } from './group-writer.ts';
import { openSpoolStore, type SpoolStore } from './spool-store.ts';
import { requestSchema, type SpoolThreadReply, threadDataSchema } from './spool-thread-messages.ts';

/**
 * Calls go first, by a little: what is written waits in memory, and a thread that others starve would have to give up
 * calls that it could keep. Draining has a rule of its own.
 */
const NICENESS = 2;
/** As a shell tells of a program that was killed. */
const KILLED_EXIT_CODE = 137;

export interface SpoolThreadParts {
  readonly log: Log;
  readonly clock: () => number;
  readonly redact: NonNullable<GroupWriterDeps['redact']>;
  /** Called with the open spool; what it returns is called before the spool is closed. */
  readonly drain: (store: SpoolStore) => Promise<() => Promise<void>>;
}

/** What the thread was started with, for the program that runs in it. */
export function spoolThreadSettings(): unknown {
  return threadDataSchema.parse(workerData).settings;
}

/** Where the spool of this thread lies. */
export function spoolDirectory(): string {
  return threadDataSchema.parse(workerData).directory;
}

/** Runs a spool in this worker thread until it is told to stop. */
export async function serveSpoolThread(parts: SpoolThreadParts): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('this program is for a worker thread');
  lowerPriority(parts.log);
  const data = threadDataSchema.parse(workerData);
  const { directory, gatewayId, spoolBytesMax, inFlight } = data;
  const { log, clock, redact } = parts;
  const ring = new FrameRing(data.ring);
  const store = await openSpoolStore(
    { directory, gatewayId, ring, log, clock, redact },
    { spoolBytesMax, ...(inFlight === undefined ? {} : { inFlight }) },
  );
  const stopDraining = await parts.drain(store);
  const tell = (reply: SpoolThreadReply) => port.postMessage(reply);
  port.on('message', (message: unknown) => {
    const request = requestSchema.parse(message);
    if (request.type === 'wake') store.wake();
    else if (request.type === 'die') process.exit(KILLED_EXIT_CODE);
    else if (request.type === 'flush') {
      void store.flushed(request.ticket).then(() => tell({ type: 'flushed', id: request.id }));
    } else void stop({ port, ring, store, stopDraining });
  });
  tell({ type: 'ready' });
}

/** What waits goes to the disk first: the store may take its time to let a batch in hand go. */
async function stop(running: {
  readonly port: MessagePort;
  readonly ring: FrameRing;
  readonly store: SpoolStore;
  readonly stopDraining: () => Promise<void>;
}): Promise<void> {
  const { port, ring, store, stopDraining } = running;
  await store.flushed(ring.ticket);
  await stopDraining();
  await store.close();
  port.close();
}

/** On Linux a thread has a priority of its own, under its own number. */
function lowerPriority(log: Log): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), NICENESS);
  } catch (error) {
    log.debug({ err: error }, 'the thread of the spool keeps the priority of the process');
  }
}
