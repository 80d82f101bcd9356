import { join } from 'node:path';
import type { Command } from 'commander';
import { TrimtabError } from '#shared/errors.ts';
import { demoKnobs } from '../../infra/demo/demo-config.ts';
import { loadScenario } from '../../infra/demo/demo-scenario.ts';
import { describeKnobs, describeSummary, narrate } from '../../infra/demo/narrate.ts';
import { type DemoSystem, runDemo } from '../../infra/demo/run-demo.ts';
import type { CommandContext, CommandOptions } from './command-context.ts';
import { printJson, printLine, printNote } from './print.ts';
import { startSimulatedSystem } from './start-simulated-system.ts';

interface DemoCommandOptions extends CommandOptions {
  readonly scenario: string;
  readonly keep?: boolean;
}

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
        const system = await startSimulatedSystem(context, place);
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
