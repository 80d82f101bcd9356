import { readEnvironment } from '#shared/environment.ts';
import { reportError } from './report-error.ts';
import { runProgram } from './run-program.ts';

const EXIT_INTERRUPTED = 130;

/**
 * The command line. Returns the exit code: 0 done, 1 failed (one clear error on standard error), 130 interrupted.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  // Once each: a command that does not end by itself is ended by the second Ctrl-C.
  const onSignal = (): void => interrupt.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    const code = await runProgram(argv, {
      environment: readEnvironment(process.env),
      stdout: process.stdout,
      stderr: process.stderr,
      stdin: process.stdin,
      now: Date.now,
      signal: interrupt.signal,
    });
    if (interrupt.signal.aborted) return EXIT_INTERRUPTED;
    return code === 0 ? Number(process.exitCode ?? 0) : code;
  } catch (error) {
    return reportError(error, process.stderr, { json: argv.includes('--json') });
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
