import { type Supervisor, type SupervisorOptions, startSupervisor } from './start-supervisor.ts';

/** The part of `process` that tells us to stop. */
interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): never;
}

export interface RunSupervisorOptions extends SupervisorOptions {
  /** Writes a line for the person at the terminal. */
  readonly print: (line: string) => void;
  /** Runs once all is ready; by default the addresses are printed. */
  readonly announce?: (supervisor: Supervisor) => void | Promise<void>;
  readonly signals?: SignalSource;
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes the terminal's Ctrl-C on to a process that has had it already; a person is slower than this. */
const SAME_PRESS_MS = 500;
/** What a shell reports for a program that Ctrl-C ended. */
const FORCED_EXIT_CODE = 130;

/** The addresses of a running supervisor, and the line to copy into a client's shell. */
export function describeAddresses(supervisor: Supervisor): readonly string[] {
  const gateway = supervisor.services.find((service) => service.name === 'gateway');
  return [
    'Trimtab is running.',
    ...supervisor.services.map(({ name, address }) => `  ${name.padEnd(10)} ${address}`),
    ...(gateway === undefined ? [] : ['', `  export ANTHROPIC_BASE_URL=${gateway.address}`]),
  ];
}

/**
 * Runs everything until SIGINT, SIGTERM or SIGHUP, then stops the services and after them the database; a second
 * signal ends all at once. Resolves with the exit code. Throws what `startSupervisor` throws, and what makes it stop.
 */
export async function runSupervisor(options: RunSupervisorOptions): Promise<number> {
  const { print, signals = process } = options;
  const announce = options.announce ?? ((running) => print(describeAddresses(running).join('\n')));
  const stopping = new AbortController();
  let supervisor: Supervisor | undefined;
  let askedAt: number | undefined;
  let forced = false;

  const onSignal = () => {
    if (askedAt === undefined) {
      askedAt = performance.now();
      print('Stopping. Once more (Ctrl-C) ends everything at once.');
      stopping.abort();
      void supervisor?.stop();
    } else if (performance.now() - askedAt > SAME_PRESS_MS) {
      // Before all has started there is nothing to wait for: orphans see our end, and the next start takes over.
      if (supervisor === undefined) return signals.exit(FORCED_EXIT_CODE);
      forced = true;
      supervisor.force();
    }
  };
  for (const signal of STOP_SIGNALS) signals.on(signal, onSignal);
  try {
    supervisor = await startSupervisor(options, stopping.signal);
    if (stopping.signal.aborted) void supervisor.stop();
    else await announce(supervisor);
    await supervisor.finished;
    return forced ? FORCED_EXIT_CODE : 0;
  } catch (error) {
    if (stopping.signal.aborted && error === stopping.signal.reason) return 0;
    await supervisor?.stop();
    throw error;
  } finally {
    // Whoever pressed twice may press on; that must not change what the process ends with.
    if (!forced) for (const signal of STOP_SIGNALS) signals.off(signal, onSignal);
  }
}
