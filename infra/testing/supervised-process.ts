import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface SupervisedReport {
  readonly databaseUrl: string;
  readonly adopted: boolean;
  readonly services: readonly { readonly name: string; readonly address: string; readonly pid: number }[];
}

export interface SupervisedProcess {
  readonly child: ChildProcess;
  /** The first line that it reports: that all is up, or its error. */
  readonly first: Promise<SupervisedReport & { readonly error?: string }>;
  /** Resolves when it has heard the first request to stop. */
  readonly stopping: Promise<void>;
  /** Resolves with the code, or the signal that ended it. */
  readonly exit: Promise<number | string>;
}

export interface SuperviseOptions {
  readonly dataDir: string;
  readonly fallbackRoot: string;
  readonly script?: string;
  readonly stopGraceMs?: number;
}

/** Starts a supervising process of two scripted services in a process of its own, which a test may kill. */
export function supervise({ dataDir, fallbackRoot, script, stopGraceMs }: SuperviseOptions): SupervisedProcess {
  const entry = fileURLToPath(new URL('./supervise-scripted.ts', import.meta.url));
  const child = spawn(process.execPath, [entry, fallbackRoot, script ?? 'serve', String(stopGraceMs ?? 10_000)], {
    env: { PATH: process.env['PATH'], TRIMTAB_DATA_DIR: dataDir, LOG_LEVEL: 'fatal' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const stopping = Promise.withResolvers<void>();
  lines.on('line', (line) => {
    if (line.includes('Stopping')) stopping.resolve();
  });
  return {
    child,
    first: once(lines, 'line').then(([line]) => JSON.parse(String(line))),
    stopping: stopping.promise,
    exit: once(child, 'exit').then(([code, signal]) => code ?? signal),
  };
}
