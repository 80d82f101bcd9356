import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, type ProcessRecord } from '#shared/process-identity.ts';

const POLL_INTERVAL_MS = 25;

/** Sends a signal; a process that has gone meanwhile is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Resolves true once none of the processes runs, false when some still do after `timeoutMs`. */
export async function waitUntilGone(processes: readonly ProcessRecord[], timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (processes.some(isRunning)) {
    if (performance.now() > deadline) return false;
    await delay(POLL_INTERVAL_MS);
  }
  return true;
}

/** Asks processes that are not our children to end (SIGTERM), and ends by force what has not after `graceMs`. */
export async function stopProcesses(processes: readonly ProcessRecord[], graceMs: number): Promise<void> {
  for (const one of processes.filter(isRunning)) sendSignal(one.pid, 'SIGTERM');
  if (await waitUntilGone(processes, graceMs)) return;
  for (const one of processes.filter(isRunning)) sendSignal(one.pid, 'SIGKILL');
  await waitUntilGone(processes, graceMs);
}
