import { existsSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { TrimtabConfig } from '#shared/config/config-schema.ts';
import { inspectConfig } from '#shared/config/load-config.ts';
import { SAMPLE_CONFIG } from '#shared/config/sample-config.ts';
import { watchConfigFile } from '#shared/config/watch-config-file.ts';
import { TrimtabError } from '#shared/errors.ts';
import { createLog } from '#shared/log.ts';
import { describeAddresses, runSupervisor } from '../../infra/supervisor.ts';
import { ensureAdminToken } from '../../services/optimizer/api/token-file.ts';
import type { CommandContext } from './command-context.ts';
import { describeMissingSecret } from './describe-missing-secret.ts';
import { prepareSystem } from './prepare-system.ts';
import { printLine } from './print.ts';

export function registerUp(program: Command, context: CommandContext): void {
  program
    .command('up')
    .description('Run everything on this machine: database, gateway, evaluator, optimizer (this is `npm start`)')
    .addHelpText(
      'after',
      '\nExample:\n  trimtab up\n  TRIMTAB_DATA_DIR=/srv/trimtab TRIMTAB_CONFIG=/etc/trimtab.yaml trimtab up\n\nCtrl-C stops all of it; the next start resumes on the same data.',
    )
    .action(async () => {
      process.exitCode = await up(context);
    });
}

/** Runs the system until it is told to stop, and returns the exit code. */
export async function up(context: CommandContext): Promise<number> {
  const { environment } = context;
  if (!existsSync(environment.configPath)) {
    writeSample(environment.configPath);
    printLine(context, `Wrote a commented sample configuration to ${environment.configPath}.`);
  }
  const { config, missingSecrets } = await inspectConfig(environment.configPath, environment.variables);
  for (const missing of missingSecrets) printLine(context, describeMissingSecret(missing, config));
  if (environment.databaseUrl === undefined) {
    printLine(context, `No DATABASE_URL: running PostgreSQL from ${environment.dataDir}.`);
  }
  if (environment.redisUrl === undefined) printLine(context, 'No REDIS_URL: the queues live in PostgreSQL.');
  const notes: string[] = [];
  return await runSupervisor({
    environment,
    log: createLog('supervisor', environment.logLevel),
    print: (line) => printLine(context, line),
    prepare: async (databaseUrl) => {
      notes.push(...(await prepareSystem({ databaseUrl, config, configPath: environment.configPath })));
      const token = environment.adminToken === undefined ? await ensureAdminToken(environment.dataDir) : null;
      if (token !== null) notes.push(`The admin token of the control API, shown this once: ${token}`);
    },
    announce: (supervisor) => {
      for (const line of [...describeAddresses(supervisor), '', ...notes]) printLine(context, line);
      const watch = watchConfigFile(environment.configPath, () => takeOver(context, config, supervisor.databaseUrl()));
      void supervisor.finished.catch(() => {}).then(() => watch.stop());
    },
  });
}

/** Sections that the services read at their start alone; the rest of a changed file is in force within seconds. */
const READ_AT_START = [
  'judges',
  'scorers',
  'scoring',
  'teacher',
  'capture',
  'retention',
  'ingest',
  'gateway',
  'optimizer',
];

/** A changed file: governance at once, so that a removed model is served no more; routes as a proposal. */
async function takeOver(context: CommandContext, started: TrimtabConfig, databaseUrl: string): Promise<void> {
  const { configPath, variables } = context.environment;
  try {
    const { config } = await inspectConfig(configPath, variables);
    if (config.project !== started.project) {
      throw new TrimtabError(
        'invalid_config',
        `project: cannot become ${config.project} while ${started.project} runs`,
      );
    }
    const notes = await prepareSystem({ databaseUrl, config, configPath });
    const sections = (of: TrimtabConfig) => of as unknown as Readonly<Record<string, unknown>>;
    const late = READ_AT_START.filter(
      (name) => JSON.stringify(sections(config)[name]) !== JSON.stringify(sections(started)[name]),
    );
    for (const line of [`${configPath} was read anew.`, ...notes]) printLine(context, line);
    if (late.length > 0) printLine(context, `From the next start on: ${late.join(', ')}.`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    printLine(context, `The changed configuration cannot be used; that of before stays in force: ${reason}`);
  }
}

function writeSample(path: string): void {
  try {
    writeFileSync(path, SAMPLE_CONFIG, { flag: 'wx' });
  } catch (cause) {
    throw new TrimtabError(
      'invalid_config',
      `there is no configuration, and a sample cannot be written to ${path} (${cause instanceof Error ? cause.message : cause}); go to a folder that you may write to, or set TRIMTAB_CONFIG`,
      { cause },
    );
  }
}
