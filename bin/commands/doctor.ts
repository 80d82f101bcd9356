import type { Command } from 'commander';
import { inspectConfig } from '#shared/config/load-config.ts';
import type { Check } from './checks/check.ts';
import { skipped } from './checks/check.ts';
import { checkConfig } from './checks/check-config.ts';
import { checkMachine } from './checks/check-machine.ts';
import { checkProviders } from './checks/check-providers.ts';
import { checkQueues } from './checks/check-queues.ts';
import { checkRecords } from './checks/check-records.ts';
import { checkSchema } from './checks/check-schema.ts';
import { checkServices } from './checks/check-services.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { printJson, printLine, printTable } from './print.ts';

interface DoctorOptions extends CommandOptions {
  readonly providers?: boolean;
}

const RECORD_CHECKS = ['partitions', 'policy', 'conservation', 'audit chain', 'dead letters', 'spools', 'queues'];

export function registerDoctor(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description('Look at everything that can be wrong, and say what to do about it; exit code 1 when something is')
    .option('--providers', 'also send every allowed model a text call and a tool call (this costs a few tokens)')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  trimtab doctor\n  trimtab doctor --providers\n  trimtab doctor --json')
    .action(async (options: DoctorOptions) => {
      const checks = [
        ...(await checkAll(context)),
        ...(options.providers === true ? await checkUpstreams(context) : []),
      ];
      if (checks.some((check) => check.ok === false)) context.fail();
      if (options.json === true) printJson(context, { ok: checks.every((check) => check.ok !== false), checks });
      else printChecks(context, checks);
    });
}

async function checkAll(context: CommandContext): Promise<readonly Check[]> {
  const { environment } = context;
  const schema = await checkSchema(context);
  return [
    ...(await checkMachine(environment, process.versions.node)),
    ...(await checkConfig(environment)),
    ...schema,
    ...(await checkStored(context, schema)),
    ...(await checkServices(context)),
  ];
}

/** The project and its judges come from the file; a broken one has had its finding, and must not hide the others. */
async function checkStored(context: CommandContext, schema: readonly Check[]): Promise<readonly Check[]> {
  if (schema.some((check) => check.ok !== true)) {
    return RECORD_CHECKS.map((name) => skipped(name, 'the database is not as it should be'));
  }
  const config = await context.config().catch(() => null);
  const projectId = await context.project().catch(() => context.environment.project);
  const judges = (config?.judges ?? []).map((judge) => judge.provider);
  return [
    ...(await checkRecords(await context.database(), projectId, context.now())),
    ...(await checkQueues(context, judges)),
  ];
}

async function checkUpstreams(context: CommandContext): Promise<readonly Check[]> {
  const { configPath, variables } = context.environment;
  const loaded = await inspectConfig(configPath, variables).catch(() => null);
  if (loaded === null) return [skipped('providers', 'the configuration cannot be read')];
  if (loaded.config.models.length === 0) return [skipped('providers', 'no model is allowed yet')];
  return await checkProviders({ now: context.now, signal: context.signal }, loaded);
}

function printChecks(context: CommandContext, checks: readonly Check[]): void {
  const rows = checks.map(({ ok, name, detail }) => [ok === null ? '-' : ok ? 'ok' : 'FAILED', name, detail]);
  printTable(context, ['', 'check', 'detail'], rows);
  const failures = checks.filter((check) => check.ok === false);
  printLine(context, failures.length === 0 ? '\nAll is well.' : `\n${failures.length} to mend:`);
  for (const { name, fix } of failures) printLine(context, `  ${name}: ${fix ?? ''}`);
  for (const { name, ok, fix } of checks) if (ok === null && fix !== null) printLine(context, `  (${name}: ${fix})`);
}
