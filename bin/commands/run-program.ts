import { existsSync } from 'node:fs';
import { CommanderError } from 'commander';
import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import { loadConfig } from '#shared/config/load-config.ts';
import { buildProgram } from './build-program.ts';
import type { CommandContext } from './command-context.ts';
import { connectToRunningSystem, type SystemConnection } from './connect-to-running-system.ts';
import { explainDatabaseError } from './explain-database-error.ts';
import { readProject } from './read-project.ts';
import { EXIT_FAILED, reportError } from './report-error.ts';

/** What the process around a command gives it. */
export type ProgramDeps = Omit<CommandContext, 'database' | 'config' | 'project' | 'fail'>;

/** Runs one command line to its end and closes what it opened. Returns the exit code; errors are told, not thrown. */
export async function runProgram(argv: readonly string[], deps: ProgramDeps): Promise<number> {
  const { environment } = deps;
  const json = argv.includes('--json');
  let connection: Promise<SystemConnection> | undefined;
  let config: Promise<TrimtabConfig> | undefined;
  let failed = false;
  const context: CommandContext = {
    ...deps,
    database: async () => {
      connection ??= connectToRunningSystem(environment);
      return (await connection).database;
    },
    config: async () => {
      if (!existsSync(environment.configPath)) return null;
      config ??= loadConfig(environment.configPath, environment.variables);
      return await config;
    },
    project: () => readProject(environment),
    fail: () => {
      failed = true;
    },
  };
  try {
    await buildProgram(context, { json }).parseAsync([...argv], { from: 'user' });
    return failed ? EXIT_FAILED : 0;
  } catch (error) {
    // Commander has told its own errors already, through the program's output.
    if (error instanceof CommanderError) return error.exitCode;
    return reportError(explainDatabaseError(error, environment), deps.stderr, {
      json,
      stack: environment.logLevel === 'debug',
    });
  } finally {
    await connection?.then(
      (open) => open.close(),
      () => {},
    );
  }
}
