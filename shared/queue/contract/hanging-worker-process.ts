import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { JudgeQueueName } from '../names.ts';
import type { QueueAddress } from './queue-harness.ts';

/** What `hanging-worker.ts` is told, as JSON in its first argument. */
export interface HangingWorkerTask extends QueueAddress {
  readonly queue: JudgeQueueName;
  readonly lockMs: number;
  readonly stalledIntervalMs: number;
}

const PROGRAM = fileURLToPath(new URL('./hanging-worker.ts', import.meta.url));

/** Starts a worker in a process of its own and waits until it has taken a job, which it never finishes. */
export async function startHangingWorker(
  task: HangingWorkerTask,
): Promise<{ readonly jobId: string; kill(): Promise<void> }> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const firstLine = once(createInterface({ input: child.stdout }), 'line');
  const outcome = await Promise.race([firstLine, exited]);
  if (child.exitCode !== null) throw new Error(`the worker process ended with code ${child.exitCode}`);
  return {
    jobId: String(outcome[0]),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
