import { existsSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { loadConfig } from '#shared/config/load-config.ts';
import { readEnvironment } from '#shared/environment.ts';
import { TrimtabError } from '#shared/errors.ts';
import type { CommandContext } from './command-context.ts';
import { connectToRunningSystem } from './connect-to-running-system.ts';
import { registerCommands } from './register-commands.ts';

const EXIT_FAILED = 1;
const EXIT_INTERRUPTED = 130;

/**
 * The command line. Returns the exit code: 0 done, 1 failed (one clear error on standard error), 130 interrupted.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const closers: (() => Promise<void>)[] = [];
  const wantsJson = argv.includes('--json');
  try {
    const environment = readEnvironment(process.env);
    const context: CommandContext = {
      environment,
      stdout: process.stdout,
      stderr: process.stderr,
      stdin: process.stdin,
      now: Date.now,
      signal: interrupt.signal,
      database: async () => {
        const connection = await connectToRunningSystem(environment);
        closers.push(connection.close);
        return connection.database;
      },
      project: async () =>
        existsSync(environment.configPath)
          ? (await loadConfig(environment.configPath, environment.variables)).project
          : environment.project,
    };
    await buildProgram(context).parseAsync([...argv], { from: 'user' });
    return interrupt.signal.aborted ? EXIT_INTERRUPTED : Number(process.exitCode ?? 0);
  } catch (error) {
    return reportError(error, wantsJson);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    for (const close of closers) await close();
  }
}

function buildProgram(context: CommandContext): Command {
  const program = new Command('trimtab')
    .description('Eval-driven closed-loop optimizer for LLM gateways')
    .showHelpAfterError('(add --help for usage)')
    .exitOverride()
    .addHelpText(
      'after',
      '\nExamples:\n  trimtab up            start everything on this machine\n  trimtab demo          watch the loop with simulated providers\n  trimtab status        is it doing anything, and if not, why',
    );
  registerCommands(program, context);
  return program;
}

/** One error, told once: its text for a person, its code too for a program. */
function reportError(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode;
  const code = error instanceof TrimtabError ? error.code : 'internal';
  const message = error instanceof Error ? error.message : String(error);
  if (json) process.stderr.write(`${JSON.stringify({ error: { code, message } })}\n`);
  else process.stderr.write(`trimtab: ${message}\n`);
  if (code === 'internal' && process.env['LOG_LEVEL'] === 'debug' && error instanceof Error) {
    process.stderr.write(`${error.stack ?? ''}\n`);
  }
  return EXIT_FAILED;
}
