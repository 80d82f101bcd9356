import type { AuditEntry } from '#shared/database/audit-log.ts';
import type { Log } from '#shared/log.ts';
import { createOutageLog } from '../log-outage.ts';

/** Audit events of the hot path, written beside it. */
export interface AuditQueue {
  /**
   * Takes an event and returns at once. The same `key` again within a minute is counted, and written as one event with
   * the count at the minute's end: a misconfigured client must not fill the log.
   */
  add(key: string, entry: AuditEntry): void;
  /** Writes what is due. Never throws. */
  flush(): Promise<void>;
  /** Writes everything. */
  close(): Promise<void>;
  readonly dropped: number;
}

const ENTRIES_MAX = 1_000;
const KEYS_MAX = 1_000;
const WINDOW_MS = 60_000;

interface Repeats {
  readonly entry: AuditEntry;
  readonly sinceMs: number;
  count: number;
}

/** @param deps.now Unix time in milliseconds */
export function createAuditQueue(deps: {
  readonly write: (entry: AuditEntry) => Promise<unknown>;
  readonly now: () => number;
  readonly log: Log;
}): AuditQueue {
  const outage = createOutageLog(deps.log, 'audit events wait for the store');
  const entries: AuditEntry[] = [];
  const repeats = new Map<string, Repeats>();
  let writing: Promise<void> = Promise.resolve();
  let dropped = 0;

  const push = (entry: AuditEntry): void => {
    if (entries.length < ENTRIES_MAX) entries.push(entry);
    else dropped += 1;
  };
  const writeAll = async (): Promise<void> => {
    for (let entry = entries[0]; entry !== undefined; entry = entries[0]) {
      try {
        await deps.write(entry);
        entries.shift();
        outage.worked();
      } catch (error) {
        outage.failed(error);
        return;
      }
    }
  };
  const settle = (isDue: (since: Repeats) => boolean): void => {
    for (const [key, repeat] of repeats) {
      if (!isDue(repeat)) continue;
      repeats.delete(key);
      const details = { ...repeat.entry.details, count: repeat.count };
      if (repeat.count > 0) push({ ...repeat.entry, details });
    }
  };
  const write = (): Promise<void> => {
    writing = writing.then(writeAll);
    return writing;
  };
  return {
    get dropped() {
      return dropped;
    },
    add(key, entry) {
      const known = repeats.get(key);
      if (known !== undefined && deps.now() - known.sinceMs < WINDOW_MS) {
        known.count += 1;
        return;
      }
      if (repeats.size >= KEYS_MAX) settle(() => true);
      repeats.set(key, { entry, sinceMs: deps.now(), count: 0 });
      push(entry);
      void write();
    },
    flush() {
      settle(({ sinceMs }) => deps.now() - sinceMs >= WINDOW_MS);
      return write();
    },
    close() {
      settle(() => true);
      return write();
    },
  };
}
