import { readdirSync, readFileSync } from 'node:fs';

/**
 * Processor time of a process so far, over all its threads, in microseconds, from the scheduler's own counters. Null
 * where the system has no such counters.
 */
export function processorTimeUs(pid: number): number | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.reduce((sum, thread) => sum + threadTimeUs(pid, thread), 0);
  } catch {
    return null;
  }
}

/** A thread may end between the listing and the look. */
function threadTimeUs(pid: number, thread: string): number {
  try {
    const [nanoseconds = '0'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1_000;
  } catch {
    return 0;
  }
}

/** The most memory that a process ever had, in megabytes; null where the system does not say. */
export function peakMemoryMb(pid: number): number | null {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? null : Number(kilobytes) / 1_024;
  } catch {
    return null;
  }
}
