import { join } from 'node:path';
import type { Command } from 'commander';
import { inspectConfig } from '#shared/config/load-config.ts';
import { TrimtabError } from '#shared/errors.ts';
import { createLog } from '#shared/log.ts';
import { demoKnobs } from '../../infra/demo/demo-config.ts';
import { loadScenario } from '../../infra/demo/demo-scenario.ts';
import { describeKnobs, describeSummary, narrate } from '../../infra/demo/narrate.ts';
import { type DemoSystem, runDemo } from '../../infra/demo/run-demo.ts';
import { startSupervisor } from '../../infra/start-supervisor.ts';
import { addToken } from '../../services/optimizer/api/token-file.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { prepareSystem } from './prepare-system.ts';
import { printJson, printLine, printNote } from './print.ts';

interface DemoCommandOptions extends CommandOptions {
  readonly scenario: string;
  readonly keep?: boolean;
}

const DEMO_KEYS = { DEMO_SWIFT_API_KEY: 'demo', DEMO_GRAND_API_KEY: 'demo', DEMO_JUDGE_API_KEY: 'demo' };

export function registerDemo(program: Command, context: CommandContext): void {
  program
    .command('demo')
    .description('Watch the whole loop in under three minutes, with simulated providers and no API key')
    .option('--scenario <name|file>', 'default, none, or a file of your own', 'default')
    .option('--keep', 'leave the system up afterwards, until Ctrl-C')
    .option('--json', 'one JSON document a line, for every event')
    .addHelpText('after', '\nExample:\n  trimtab demo\n  trimtab demo --scenario none --json')
    .action((options: DemoCommandOptions) => demo(context, options));
}

async function demo(context: CommandContext, options: DemoCommandOptions): Promise<void> {
  const scenario = await loadScenario(options.scenario);
  const knobs = demoKnobs();
  if (options.json === true) printJson(context, { type: 'knobs', simulated: true, knobs });
  else for (const line of describeKnobs(knobs)) printLine(context, line);
  const dataDir = join(context.environment.dataDir, 'demo');
  printNote(context, `Starting a system in ${dataDir} (its logs: ${join(dataDir, 'logs')}) …`);
  const result = await runDemo(
    {
      startSystem: async (place) => {
        const system = await startSystem(context, place);
        if (options.keep === true) tellWhereItIs(context, system, place);
        return system;
      },
      onEvent: (event) => (options.json === true ? printJson(context, event) : printLine(context, narrate(event))),
      now: context.now,
      signal: context.signal,
    },
    { scenario, dataDir, keep: options.keep === true },
  );
  if (options.json === true) printJson(context, { type: 'summary', ...result });
  else for (const line of describeSummary(result.summary)) printLine(context, line);
  if (result.missing.length > 0 && !context.signal.aborted) {
    throw new TrimtabError(
      'internal',
      `the demo did not reach: ${result.missing.join(', ')}; the services' logs are in ${join(dataDir, 'logs')}`,
    );
  }
}

/** The same system that `trimtab up` runs, in a folder of its own and on free ports. */
async function startSystem(
  context: CommandContext,
  place: { readonly dataDir: string; readonly configPath: string },
): Promise<DemoSystem> {
  const variables = { ...context.environment.variables, ...DEMO_KEYS };
  const environment = {
    ...context.environment,
    ...place,
    variables,
    ports: { gateway: 0, optimizer: 0, evaluator: 0 },
  };
  const { config } = await inspectConfig(place.configPath, variables);
  const token = await addToken(place.dataDir, 'demo', 'operator');
  const supervisor = await startSupervisor({
    environment,
    log: createLog('supervisor', 'error'),
    logFolder: join(place.dataDir, 'logs'),
    prepare: async (databaseUrl) => {
      await prepareSystem({ databaseUrl, config, configPath: place.configPath });
    },
  });
  const addressOf = (name: string): string =>
    supervisor.services.find((service) => service.name === name)?.address ?? '';
  return {
    gatewayUrl: addressOf('gateway'),
    controlUrl: addressOf('optimizer'),
    token,
    stop: () => supervisor.stop(),
  };
}

/** Where a kept demo can be looked at while it stands. */
function tellWhereItIs(
  context: CommandContext,
  system: DemoSystem,
  place: { readonly dataDir: string; readonly configPath: string },
): void {
  printNote(context, `It stays up until Ctrl-C. Gateway ${system.gatewayUrl}, control API ${system.controlUrl}/docs`);
  printNote(context, `  bearer token of the control API: ${system.token}`);
  printNote(
    context,
    `  TRIMTAB_DATA_DIR=${place.dataDir} TRIMTAB_CONFIG=${place.configPath} npm run -s trimtab -- clusters list`,
  );
}
