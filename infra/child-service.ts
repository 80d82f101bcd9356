import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Variables } from '#shared/environment.ts';
import { TrimtabError } from '#shared/errors.ts';
import { type ProcessRecord, recordOf } from '#shared/process-identity.ts';
import type { Log } from './log.ts';
import { lowerPriority } from './lower-priority.ts';
import { restartDelayMs, type SupervisionTiming } from './supervision-timing.ts';
import { waitUntilReady } from './wait-until-ready.ts';

/** One service as data: what to run, and where it answers. */
export interface ServiceSpec {
  readonly name: string;
  /** The file that Node runs. */
  readonly entry: string;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
  /** How much others go before it when processors are short, 0 to 19; 0 when absent. */
  readonly niceness?: number;
  readonly port: number;
  /** The variable that changes the port, for the message when it is taken. */
  readonly portSetting: string;
  /** Variables on top of the supervisor's own. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface ChildServiceDeps {
  readonly log: Log;
  readonly timing: SupervisionTiming;
  /** Where the service answers, without a path. */
  readonly address: string;
  /** The whole environment of the child; asked at each start, because the database may have moved. */
  readonly variables: () => Variables;
  /** File for the child's output; without it the child writes where we do. */
  readonly logFile?: string | undefined;
  /** Called whenever the child's process is another one or gone. */
  readonly onProcess: () => void;
}

export interface ChildService {
  readonly name: string;
  /** The process that runs it now. */
  current(): ProcessRecord | undefined;
  /** Settles at the first readiness; rejects when the service cannot be brought up. */
  readonly ready: Promise<void>;
  /** Has it start again with fresh variables. */
  restart(): void;
  /** SIGTERM, and SIGKILL after the grace; resolves when it is gone and will not come back. */
  stop(): Promise<void>;
  /** SIGKILL at once. */
  kill(): void;
}

const LOG_FILE_BYTES_MAX = 20 * 1024 * 1024;

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

function describe(exit: Exit): string {
  if (exit.error !== undefined) return `could not be started: ${exit.error.message}`;
  return exit.signal === null ? `ended with code ${exit.code}` : `was ended by ${exit.signal}`;
}

/** Opens the log for appending; a large one of earlier runs is moved aside first, so that two files are the most. */
function openLog(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_FILE_BYTES_MAX) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

function launch(
  spec: ServiceSpec,
  deps: ChildServiceDeps,
): { readonly child: ChildProcess | undefined; readonly exit: Promise<Exit> } {
  try {
    return launchProcess(spec, deps);
  } catch (cause) {
    // A full disk or process table passes; the next try may succeed, and nothing else may fall for this one.
    const error = cause instanceof Error ? cause : new Error(String(cause));
    return { child: undefined, exit: Promise.resolve({ code: null, signal: null, error }) };
  }
}

/**
 * The child gets a session of its own, because Ctrl-C in the terminal reaches every process of the foreground and the
 * order of stopping is the supervisor's. It gets a message channel only to see it close when we are killed.
 */
function launchProcess(
  spec: ServiceSpec,
  deps: ChildServiceDeps,
): { readonly child: ChildProcess; readonly exit: Promise<Exit> } {
  const output = deps.logFile === undefined ? 'inherit' : openLog(deps.logFile);
  const stdio: StdioOptions = ['ignore', output, output, 'ipc'];
  const env = { ...deps.variables(), ...spec.environment };
  const child = spawn(process.execPath, [...(spec.nodeOptions ?? []), spec.entry], { env, stdio, detached: true });
  if (typeof output === 'number') closeSync(output);
  if (child.pid !== undefined) lowerPriority(child.pid, spec.niceness ?? 0);
  const exit = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
  });
  return { child, exit };
}

/** Starts a service and keeps it running: whenever it dies it is started again, after a pause that grows. */
export function startChildService(spec: ServiceSpec, deps: ChildServiceDeps): ChildService {
  const { log, timing } = deps;
  const stopping = new AbortController();
  const firstReady = Promise.withResolvers<void>();
  // Whoever awaits it hears of a failure; a start that fails before anybody does must not end the process.
  firstReady.promise.catch(() => {});
  let wasReady = false;
  let child: ChildProcess | undefined;
  let record: ProcessRecord | undefined;

  async function watchReadiness(signal: AbortSignal): Promise<void> {
    const readiness = await waitUntilReady(deps.address, timing.readyDeadlineMs, signal);
    if (signal.aborted) return;
    if (readiness.type === 'not_ready') {
      const message = `${spec.name} is not ready after ${timing.readyDeadlineMs / 1000} s: ${readiness.reason}`;
      if (wasReady) log.error({ service: spec.name }, message);
      firstReady.reject(new TrimtabError('internal', message));
      return;
    }
    log.info({ service: spec.name, address: deps.address, servicePid: record?.pid }, 'service is ready');
    wasReady = true;
    firstReady.resolve();
  }

  async function runOnce(): Promise<Exit> {
    const launched = launch(spec, deps);
    child = launched.child;
    record = child?.pid === undefined ? undefined : recordOf(child.pid);
    deps.onProcess();
    const gone = new AbortController();
    const watching = watchReadiness(AbortSignal.any([gone.signal, stopping.signal]));
    const exit = await launched.exit;
    gone.abort();
    await watching;
    child = undefined;
    record = undefined;
    deps.onProcess();
    return exit;
  }

  async function keepRunning(): Promise<void> {
    for (let failures = 1; ; failures++) {
      const startedAt = performance.now();
      const exit = await runOnce();
      if (stopping.signal.aborted) return;
      if (!wasReady && failures >= timing.startAttemptsMax) {
        const where = deps.logFile === undefined ? '' : ` Its output is in ${deps.logFile}.`;
        const message = `${spec.name} ${describe(exit)} before it was ready, ${failures} times.${where}`;
        firstReady.reject(new TrimtabError('internal', message));
        return;
      }
      if (performance.now() - startedAt > timing.stableAfterMs) failures = 1;
      const pauseMs = restartDelayMs(failures, timing);
      log.warn({ service: spec.name, pauseMs }, `service ${describe(exit)}; starting it again`);
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
    }
  }

  const running = keepRunning();
  return {
    name: spec.name,
    current: () => record,
    ready: firstReady.promise,
    restart: () => void child?.kill('SIGTERM'),
    async stop() {
      stopping.abort();
      firstReady.reject(new TrimtabError('internal', `${spec.name} was stopped before it was ready`));
      child?.kill('SIGTERM');
      const overdue = setTimeout(() => {
        log.warn(
          { service: spec.name },
          `service did not stop within ${timing.stopGraceMs / 1000} s; ending it by force`,
        );
        child?.kill('SIGKILL');
      }, timing.stopGraceMs);
      await running;
      clearTimeout(overdue);
    },
    kill: () => void child?.kill('SIGKILL'),
  };
}
